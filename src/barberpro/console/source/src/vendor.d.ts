/** Parts of Monaco that come without types. */

declare module 'monaco-editor/esm/vs/editor/editor.worker.js' {
  import type { worker } from 'monaco-editor';

  // `any` for the second argument: each language has its own start data, which Monaco passes on unread.
  export function initialize(create: (host: worker.IWorkerContext, data: any) => object): void;
}
