import { RenataError } from '../domain/errors.ts';
import { evaluateRoots, type EvaluateOptions } from './columns.ts';
import { Compiler, type Catalogue } from './compile.ts';
import type { Environment } from './environment.ts';
import {
  CLOCK_COLUMNS,
  DERIVED,
  PRICE_COLUMNS,
  type CompiledExpression,
  type ExpressionParameter,
  type NodeId,
  type ValueType,
} from './graph.ts';
import { BUILT_IN_BY_NAME, SPECIAL_FUNCTIONS } from './functions.ts';
import { parse } from './parser.ts';
import type { Syntax } from './syntax.ts';

/** One expression of a program. */
export interface ProgramPart {
  /** Where it stands, for messages: `entry.long`. */
  readonly path: string;
  readonly source: string;
  readonly wanted: ValueType;
}

/** Several expressions in one graph: what they share is computed once. */
export interface Program {
  readonly parts: readonly ProgramPart[];
  /** One for each part, all over the same nodes. */
  readonly expressions: readonly CompiledExpression[];
  readonly parameters: readonly ExpressionParameter[];
  /** Bars before every part can have a value. */
  readonly lookback: number;
}

export interface ProgramOptions {
  /** Values for the `param(…)`s of the parts; the others keep their defaults. */
  readonly parameters?: Readonly<Record<string, number>>;
  /** What names stand for besides those of the language, lower case. */
  readonly names?: ReadonlyMap<string, Syntax>;
}

/**
 * Compiles several expressions to one graph.
 * @throws RenataError BAD_INPUT with `details.path` of the part and `details.column` in it
 */
export function compileProgram(
  parts: readonly ProgramPart[],
  catalogue: Catalogue,
  options: ProgramOptions = {},
): Program {
  const compiler = new Compiler(catalogue, options.parameters ?? {}, options.names);
  const roots = parts.map((part) => inPart(part.path, () => compilePart(compiler, part)));
  const parameters = [...compiler.parameters.values()];
  const expressions = parts.map((part, index): CompiledExpression => {
    const root = roots[index] as NodeId;
    const { type, lookback } = compiler.node(root);
    const { nodes, scopes } = compiler;
    return { source: part.source, nodes, scopes, root, type, parameters, lookback };
  });
  const lookback = expressions.reduce((most, each) => Math.max(most, each.lookback), 0);
  return { parts, expressions, parameters, lookback };
}

function compilePart(compiler: Compiler, part: ProgramPart): NodeId {
  const root = compiler.expression(parse(part.source), 0);
  const { type } = compiler.node(root);
  if (type === part.wanted) return root;
  const what =
    part.wanted === 'boolean'
      ? 'is a number; a condition is needed, such as rsi(14) < 30'
      : 'is a condition; a number is needed';
  throw new RenataError('BAD_INPUT', `column 1: the expression ${what}.`, {
    details: { column: 1, endColumn: part.source.length + 1 },
  });
}

/** Evaluates every part of a program over whole columns. */
export function evaluateProgram(
  program: Program,
  environment: Environment,
  options: EvaluateOptions = {},
): Float64Array[] {
  const [first] = program.expressions;
  if (first === undefined) return [];
  const roots = program.expressions.map(({ root }) => root);
  return evaluateRoots(first, roots, environment, options);
}

/** Instruments that a program reads besides its own, each with the timeframes asked of it. */
export function instrumentsRead(program: Program): Map<string, readonly (string | null)[]> {
  const found = new Map<string, (string | null)[]>();
  for (const { instrument, timeframe } of program.expressions[0]?.scopes ?? []) {
    if (instrument === null) continue;
    found.set(instrument, [...(found.get(instrument) ?? []), timeframe]);
  }
  return found;
}

/** Runs a check of a part and says in its error which one it was. */
export function inPart<Result>(path: string, check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof RenataError) || error.details?.['path'] !== undefined) throw error;
    throw new RenataError(error.code, `${path}: ${error.message}`, {
      details: { ...error.details, parameter: path, path },
    });
  }
}

/** Whether the language itself uses a name, so that a document cannot give it another meaning. */
export function isTaken(name: string, catalogue: Catalogue): boolean {
  const lower = name.toLowerCase();
  const words = ['and', 'or', 'not', 'true', 'false', ...DERIVED.keys(), ...SPECIAL_FUNCTIONS];
  return (
    words.includes(lower) ||
    ([...PRICE_COLUMNS, ...CLOCK_COLUMNS] as readonly string[]).includes(lower) ||
    BUILT_IN_BY_NAME.has(lower) ||
    catalogue.find(lower) !== undefined
  );
}
