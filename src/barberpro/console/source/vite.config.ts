import { defineConfig, type Plugin } from 'vite';

import { spanish } from './spanish.ts';

const here = (path: string) => new URL(path, import.meta.url).pathname;

/** The editor is imported late; the page asks for it and what it needs at once. */
function preloadEditor(): Plugin {
  return {
    name: 'preload-editor',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {} }) {
        const chunks = Object.values(bundle).filter((output) => output.type === 'chunk');
        const editor = chunks.find((chunk) => chunk.name === 'monaco-editor');
        if (!editor) return [];
        const wanted = [editor.fileName, ...editor.imports].filter((name) => !html.includes(name));
        return wanted.map((name) => ({
          tag: 'link',
          attrs: { rel: 'modulepreload', crossorigin: true, href: `/console/${name}` },
          injectTo: 'head',
        }));
      },
    },
  };
}

export default defineConfig({
  base: '/console/',
  plugins: [spanish(), preloadEditor()],
  resolve: {
    alias: [
      { find: /^prettier\/.+$/, replacement: here('src/prettier.ts') },
      { find: 'monaco-editor/esm/vs/editor/edcore.main.js', replacement: here('src/monaco.ts') },
    ],
  },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    license: { fileName: 'licenses.md' },
    // Everything a file of its own: the content security policy lets no `data:` script, style or font in.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      output: {
        // Libraries apart from our code: a change of ours makes a few kilobytes of new assets, not a megabyte.
        codeSplitting: {
          groups: [
            { name: 'react', test: /preload-helper|node_modules\/(react|react-dom|scheduler)\//, priority: 2 },
            { name: 'graphiql', test: /node_modules\/(?!monaco)/, priority: 1 },
          ],
        },
      },
      onLog(level, log, report) {
        // Server rendering's and a compiler's marks in libraries: nothing to us.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
  },
  // `npm run dev` works on the console against a server on this machine.
  server: { proxy: { '/graphql': 'http://127.0.0.1:8000', '/oauth': 'http://127.0.0.1:8000' } },
});
