import { RenataError } from '../../domain/errors.ts';
import type { Parameter } from '../../domain/parameters.ts';
import type { Catalogue } from '../../expressions/compile.ts';
import type { StrategyDocument } from '../../protocol/strategy-document.ts';
import { partsOf } from './parts.ts';
import { RuleProgram } from './program.ts';

/** Something that is wrong with a document. */
export interface RuleProblem {
  /** Where it is, joined with dots: `stops.stopLoss.atr`. */
  readonly path: string;
  readonly message: string;
  /** Place inside of the expression at the path, from 1; null where it is the whole field. */
  readonly column: number | null;
  readonly endColumn: number | null;
  readonly suggestion: string | null;
}

export interface RuleCheck {
  readonly problems: readonly RuleProblem[];
  readonly parameters: readonly Parameter[];
  /** Bars before every rule can be known; null where there are problems. */
  readonly lookback: number | null;
}

/** Most problems that are told at once. */
const MOST = 32;

/**
 * All that is wrong with a document and not only what comes first: an expression that is wrong is set
 * aside, and the rest is checked without it. What others build on, such as a definition, ends the check.
 */
export function checkRules(document: StrategyDocument, catalogue: Catalogue): RuleCheck {
  const problems: RuleProblem[] = [];
  let rest = document;
  while (problems.length < MOST) {
    try {
      const program = new RuleProgram(rest, catalogue);
      const { parameters } = program;
      if (problems.length > 0) return { problems, parameters, lookback: null };
      const defaults = Object.fromEntries(parameters.map((each) => [each.name, each.default]));
      return { problems, parameters, lookback: program.compile(defaults).lookback };
    } catch (error) {
      if (!(error instanceof RenataError)) throw error;
      const problem = problemOf(error);
      const known = problems.some(({ path }) => path === problem.path);
      if (!known) problems.push(problem);
      const without = known ? undefined : setAside(rest, problem.path);
      if (without === undefined) break;
      rest = without;
    }
  }
  return { problems, parameters: [], lookback: null };
}

function problemOf({ message, details = {} }: RenataError): RuleProblem {
  const { path, column, endColumn, suggestion } = details;
  const where = typeof path === 'string' ? path : '';
  const prefix = `${where}: `;
  return {
    path: where,
    message: where !== '' && message.startsWith(prefix) ? message.slice(prefix.length) : message,
    column: typeof column === 'number' ? column : null,
    endColumn: typeof endColumn === 'number' ? endColumn : null,
    suggestion: typeof suggestion === 'string' ? suggestion : null,
  };
}

/** The document with a harmless expression at a path; `undefined` where there is none to set aside. */
function setAside(document: StrategyDocument, path: string): StrategyDocument | undefined {
  const part = partsOf(document).find((each) => each.path === path);
  if (part === undefined) return undefined;
  const keys = path.startsWith('plot.') ? ['plot', path.slice(5)] : path.split('.');
  const harmless = part.wanted === 'boolean' ? 'true' : '1';
  return replaced(document, keys, harmless) as StrategyDocument | undefined;
}

/** A copy with another text at a place; `undefined` where the place holds none. */
function replaced(value: unknown, keys: readonly string[], text: string): unknown {
  const [key, ...below] = keys;
  if (key === undefined) return typeof value === 'object' ? undefined : text;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  const inner = replaced((value as Readonly<Record<string, unknown>>)[key], below, text);
  if (inner === undefined) return undefined;
  if (Array.isArray(value)) {
    return (value as readonly unknown[]).map((each, i) => (i === Number(key) ? inner : each));
  }
  return { ...value, [key]: inner };
}
