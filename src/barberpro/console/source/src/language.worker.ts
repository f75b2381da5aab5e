/**
 * The one worker script behind all editors. Monaco and monaco-graphql ship three, each with the same editor
 * underneath; its name tells an instance which language it serves. JSON's also serves editors of no language.
 */

import { initialize } from 'monaco-editor/esm/vs/editor/editor.worker.js';
import 'monaco-editor/esm/vs/language/json/json.worker.js';
import { GraphQLWorker } from 'monaco-graphql/esm/GraphQLWorker.js';

if (self.name === 'graphql') {
  self.onmessage = () => initialize((host, data) => new GraphQLWorker(host, data));
}
