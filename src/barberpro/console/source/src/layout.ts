/** Lays out queries and keeps their comments, which graphql-js' own printer drops. */

import { isExecutableDefinitionNode, parse, print, type Token, TokenKind } from 'graphql';

const WIDTH = 60; // what the query pane of a small laptop shows
const INDENT = '  ';

const VALUE_ENDS = new Set<string>([
  TokenKind.NAME,
  TokenKind.INT,
  TokenKind.FLOAT,
  TokenKind.STRING,
  TokenKind.BLOCK_STRING,
  TokenKind.BANG,
  TokenKind.BRACKET_R,
  TokenKind.BRACE_R,
  TokenKind.PAREN_R,
]);
const VALUE_STARTS = new Set<string>([
  TokenKind.NAME,
  TokenKind.INT,
  TokenKind.FLOAT,
  TokenKind.STRING,
  TokenKind.BLOCK_STRING,
  TokenKind.DOLLAR,
  TokenKind.BRACKET_L,
  TokenKind.BRACE_L,
]);

/**
 * The document laid out; as it stands where it holds more than operations and fragments.
 * Throws where it cannot be parsed.
 */
export function layOut(text: string): string {
  const document = parse(text);
  if (!document.definitions.every((defined) => isExecutableDefinitionNode(defined))) return text;
  const page = new Page();
  let token = document.loc!.startToken.next!;
  for (; !is(token, TokenKind.EOF); token = token.next!) page.add(token, text);
  const laidOut = page.finished();
  return print(parse(laidOut)) === print(document) ? laidOut : text;
}

/** Lines written so far, the line being written, and the arguments of the parenthesis it stands in. */
class Page {
  #lines: string[] = [];
  #line = '';
  #depth = 0;
  #parentheses = 0;
  #nesting = 0;
  #pieces: string[] = [];
  #breaks = false;

  add(token: Token, text: string): void {
    const previous = token.prev!;
    const gap = token.line - previous.line;
    if (is(token, TokenKind.COMMENT)) this.#comment(token, gap);
    else if (this.#parentheses > 0 || is(token, TokenKind.PAREN_L)) this.#argument(token, text);
    else this.#selection(token, previous, text, gap);
  }

  finished(): string {
    this.#flush();
    return `${this.#lines.join('\n')}\n`;
  }

  #comment(token: Token, gap: number): void {
    const comment = `#${token.value.trimEnd()}`;
    if (this.#parentheses > 0) {
      this.#breaks = true;
      this.#pieces.push(comment, '');
    } else if (gap === 0 && this.#line) {
      this.#line += ` ${comment}`;
      this.#flush();
    } else if (gap === 0 && this.#lines.length > 0) {
      this.#lines[this.#lines.length - 1] += ` ${comment}`;
    } else {
      this.#start(gap);
      this.#line = comment;
      this.#flush();
    }
  }

  #argument(token: Token, text: string): void {
    const written = text.slice(token.start, token.end);
    if (is(token, TokenKind.PAREN_L)) {
      if (this.#parentheses++ === 0) this.#pieces = [''];
      else this.#write(written);
    } else if (is(token, TokenKind.PAREN_R)) {
      if (--this.#parentheses === 0) this.#closeArguments();
      else this.#write(written);
    } else {
      const previous = token.prev!;
      const separates = VALUE_ENDS.has(previous.kind) && VALUE_STARTS.has(token.kind);
      if (separates && this.#parentheses === 1 && this.#nesting === 0) this.#pieces.push('');
      else if (separates) this.#write(', ');
      else if (isSpaced(previous, token)) this.#write(' ');
      if (is(token, TokenKind.BRACE_L, TokenKind.BRACKET_L)) this.#nesting++;
      if (is(token, TokenKind.BRACE_R, TokenKind.BRACKET_R)) this.#nesting--;
      this.#write(written);
    }
  }

  #write(written: string): void {
    this.#pieces[this.#pieces.length - 1] += written;
  }

  #closeArguments(): void {
    const pieces = this.#pieces.filter(Boolean);
    const inline = `${this.#line}(${pieces.join(', ')})`;
    if (!this.#breaks && this.#depth * INDENT.length + inline.length <= WIDTH) {
      this.#line = inline;
    } else {
      this.#line += '(';
      this.#flush();
      this.#depth++;
      for (const piece of pieces) {
        this.#line = piece;
        this.#flush();
      }
      this.#depth--;
      this.#line = ')';
    }
    this.#pieces = [];
    this.#breaks = false;
  }

  #selection(token: Token, previous: Token, text: string, gap: number): void {
    const written = text.slice(token.start, token.end);
    if (is(token, TokenKind.BRACE_L)) {
      this.#line += this.#line ? ' {' : '{';
      this.#flush();
      this.#depth++;
    } else if (is(token, TokenKind.BRACE_R)) {
      this.#flush();
      this.#depth--;
      this.#line = '}';
      this.#flush();
    } else {
      const starts = this.#depth > 0 ? startsField(token, previous) : endsDefinition(previous);
      if (starts) this.#start(gap);
      else if (isSpaced(previous, token)) this.#line += ' ';
      this.#line += written;
    }
  }

  /** Begin a new line; one empty line stays before it where there were any, and always between definitions. */
  #start(gap: number): void {
    this.#flush();
    const last = this.#lines.at(-1);
    if (last === undefined || last.endsWith('{')) return;
    if (gap > 1 || (this.#depth === 0 && last === '}')) this.#lines.push('');
  }

  #flush(): void {
    if (this.#line) this.#lines.push(INDENT.repeat(this.#depth) + this.#line);
    this.#line = '';
  }
}

function startsField(token: Token, previous: Token): boolean {
  if (is(token, TokenKind.SPREAD)) return true;
  if (!is(token, TokenKind.NAME)) return false;
  if (is(previous, TokenKind.COLON, TokenKind.AT, TokenKind.SPREAD)) return false;
  return !(previous.value === 'on' && previous.prev?.kind === TokenKind.SPREAD);
}

function endsDefinition(previous: Token): boolean {
  return is(previous, TokenKind.BRACE_R, TokenKind.COMMENT, TokenKind.SOF);
}

function isSpaced(previous: Token, token: Token): boolean {
  if (is(previous, TokenKind.BRACE_L)) return !is(token, TokenKind.BRACE_R);
  if (is(previous, TokenKind.COLON, TokenKind.EQUALS)) return true;
  if (is(token, TokenKind.EQUALS, TokenKind.AT, TokenKind.BRACE_R)) return true;
  if (is(previous, TokenKind.SPREAD)) return token.value === 'on';
  return is(token, TokenKind.NAME) && VALUE_ENDS.has(previous.kind);
}

function is(token: Token, ...kinds: TokenKind[]): boolean {
  return kinds.some((kind) => token.kind === kind);
}
