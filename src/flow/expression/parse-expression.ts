/**
 * Reads a condition by recursive descent. Grammar, loosest first:
 *
 *     or      = and { "or" and }
 *     and     = not { "and" not }
 *     not     = "not" not | primary
 *     primary = "(" or ")" | operand [ ("==" | "!=" | "<" | "<=" | ">" | ">=") operand ]
 *     operand = number | "text" | 'text' | yes | no | true | false | name
 */
import type { Comparison, Expression, Operand } from './expression.ts';

export type ParsedExpression =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly message: string };

/** Longer conditions belong into more rules. Both bounds keep the parser's recursion short. */
const LENGTH_MAX = 500;
const TOKENS_MAX = 120;

type Token =
  | { readonly kind: 'operand'; readonly operand: Operand }
  | { readonly kind: 'operator'; readonly operator: Comparison }
  | { readonly kind: 'word'; readonly word: 'and' | 'or' | 'not' | '(' | ')' };

const TOKEN =
  /\s*(?:(-?\d+(?:\.\d+)?)(?![\w.])|"([^"]*)"|'([^']*)'|([A-Za-z][\w-]*)|(==|!=|<=|>=|<|>)|([()]))/y;

const LITERALS: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['true', true],
  ['no', false],
  ['false', false],
]);

class SyntaxProblem extends Error {}

/** Never throws. Names are not looked up here; `check-expression.ts` does that. */
export function parseExpression(text: string): ParsedExpression {
  if (text.length > LENGTH_MAX) {
    return { ok: false, message: `Expected a condition of at most ${LENGTH_MAX} characters` };
  }
  try {
    const tokens = tokenize(text);
    if (tokens.length > TOKENS_MAX) throw new SyntaxProblem(`Expected at most ${TOKENS_MAX} words and signs`);
    const reader = { tokens, at: 0 };
    const expression = readOr(reader);
    if (reader.at < tokens.length) {
      throw new SyntaxProblem(`Expected "and", "or" or the end, received ${show(tokens[reader.at])}`);
    }
    return { ok: true, expression };
  } catch (thrown) {
    if (thrown instanceof SyntaxProblem) return { ok: false, message: thrown.message };
    throw thrown;
  }
}

interface Reader {
  readonly tokens: readonly Token[];
  at: number;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) {
      const rest = text.slice(from).trimStart();
      const hint = /^=(?!=)/.test(rest) ? ', as "==" for equality' : '';
      throw new SyntaxProblem(
        `Expected a name, a value or a comparison${hint}, received ${JSON.stringify(rest.slice(0, 20))}`,
      );
    }
    const [, number, double, single, word, operator, parenthesis] = match;
    const quoted = double ?? single;
    if (number !== undefined)
      tokens.push({ kind: 'operand', operand: { kind: 'value', value: Number(number) } });
    else if (quoted !== undefined)
      tokens.push({ kind: 'operand', operand: { kind: 'value', value: quoted } });
    else if (operator !== undefined) tokens.push({ kind: 'operator', operator: operator as Comparison });
    else if (parenthesis !== undefined) tokens.push({ kind: 'word', word: parenthesis as '(' | ')' });
    else tokens.push(wordToken(word ?? ''));
  }
  return tokens;
}

function wordToken(word: string): Token {
  if (word === 'and' || word === 'or' || word === 'not') return { kind: 'word', word };
  const literal = LITERALS.get(word);
  if (literal !== undefined) return { kind: 'operand', operand: { kind: 'value', value: literal } };
  return { kind: 'operand', operand: { kind: 'name', name: word } };
}

function readOr(reader: Reader): Expression {
  let left = readAnd(reader);
  while (takeWord(reader, 'or')) left = { kind: 'or', left, right: readAnd(reader) };
  return left;
}

function readAnd(reader: Reader): Expression {
  let left = readNot(reader);
  while (takeWord(reader, 'and')) left = { kind: 'and', left, right: readNot(reader) };
  return left;
}

function readNot(reader: Reader): Expression {
  if (takeWord(reader, 'not')) return { kind: 'not', of: readNot(reader) };
  return readPrimary(reader);
}

function readPrimary(reader: Reader): Expression {
  if (takeWord(reader, '(')) {
    const inner = readOr(reader);
    if (!takeWord(reader, ')'))
      throw new SyntaxProblem(`Expected ")", received ${show(reader.tokens[reader.at])}`);
    return inner;
  }
  const left = readOperand(reader);
  const token = reader.tokens[reader.at];
  if (token?.kind !== 'operator') return left;
  reader.at += 1;
  return { kind: 'compare', operator: token.operator, left, right: readOperand(reader) };
}

function readOperand(reader: Reader): Operand {
  const token = reader.tokens[reader.at];
  if (token?.kind !== 'operand')
    throw new SyntaxProblem(`Expected a name or a value, received ${show(token)}`);
  reader.at += 1;
  return token.operand;
}

function takeWord(reader: Reader, word: string): boolean {
  const token = reader.tokens[reader.at];
  if (token?.kind !== 'word' || token.word !== word) return false;
  reader.at += 1;
  return true;
}

function show(token: Token | undefined): string {
  if (token === undefined) return 'the end';
  if (token.kind === 'word') return `"${token.word}"`;
  if (token.kind === 'operator') return `"${token.operator}"`;
  return token.operand.kind === 'name' ? `"${token.operand.name}"` : JSON.stringify(token.operand.value);
}
