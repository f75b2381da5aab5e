/**
 * Stands in for Prettier, which GraphiQL loads by several names to lay out one query or one JSON object: half a
 * megabyte of parsers that the editor already has. `vite.config.ts` points all of those names here.
 */

import { applyEdits, format as jsonEdits } from 'jsonc-parser';

import { layOut } from './layout';

export const parsers = {};
export const printers = {};

export async function format(text: string, options: { parser: string }): Promise<string> {
  if (options.parser === 'graphql') return layOut(text);
  return applyEdits(text, jsonEdits(text, undefined, { tabSize: 2, insertSpaces: true }));
}
