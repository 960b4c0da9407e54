import { MarketCalendar, type CalendarData, type SessionHours } from '../domain/calendar.ts';
import { RenataError } from '../domain/errors.ts';
import type { BarColumns } from '../domain/bar.ts';
import type { StudyDescription, StudyOutput, StudyPane, StudyParameter } from '../domain/study.ts';
import {
  isDailyOrLonger,
  timeframe,
  timeframeMillis,
  type Timeframe,
} from '../domain/timeframe.ts';
import type { IndicatorDefinition } from '../indicators/definition.ts';
import type { InstrumentBars } from './bars-environment.ts';
import { evaluateRoots, type EvaluateOptions } from './columns.ts';
import { compile, type Catalogue } from './compile.ts';
import type { Environment } from './environment.ts';
import type { CompiledExpression, ExpressionParameter, GraphNode, NodeId, Scope } from './graph.ts';
import { parse } from './parser.ts';
import { priceShares, wholeNumbers } from './shape.ts';
import type { Call, Span, Syntax } from './syntax.ts';

/** An expression made ready to be drawn: every output of an indicator, or the one column it is. */
export interface CompiledStudy {
  readonly expression: CompiledExpression;
  readonly description: StudyDescription;
  readonly syntax: Syntax;
  /** One node for each output. */
  readonly roots: readonly NodeId[];
}

/**
 * Compiles an expression as a study. A call of an indicator gives all of its outputs, also of another
 * timeframe or instrument (`tf("1w", macd)`); one output that is named (`macd.signal`) and any other
 * expression give one column.
 * @param parameters values for the `param(…)`s of the source; the others keep their defaults
 * @throws RenataError BAD_INPUT with `details.column`
 */
export function compileStudy(
  source: string,
  catalogue: Catalogue,
  parameters: Readonly<Record<string, number>> = {},
): CompiledStudy {
  const compiled = compile(source, catalogue, parameters);
  const syntax = parse(source);
  const indicator = isIndicatorCall(syntax) ? indicatorOf(compiled) : undefined;
  const nodes = [...compiled.nodes];
  const roots =
    indicator === undefined
      ? [compiled.root]
      : indicator.definition.outputs.map((_, index) => outputRoot(nodes, compiled.root, index));
  const expression: CompiledExpression = { ...compiled, nodes };
  const description: StudyDescription = {
    indicator: indicator?.definition.id ?? null,
    pane: paneOf(expression, indicator?.definition),
    levels: indicator?.definition.levels ?? [],
    lookback: compiled.lookback,
    parameters: compiled.parameters.map(described),
    outputs: indicator === undefined ? [singleOutput(expression)] : outputsOf(indicator.definition),
  };
  return { expression, description, syntax, roots };
}

/**
 * Evaluates a study.
 * @returns one column for each output, as long as the base scope's bars
 * @throws RenataError CANCELLED, and what the environment throws for bars that it lacks, with the
 *   column of the `tf` or `on` that asked for them.
 */
export function evaluateStudy(
  study: CompiledStudy,
  environment: Environment,
  options: EvaluateOptions = {},
): Float64Array[] {
  for (const scope of study.expression.scopes) {
    try {
      environment.series(scope);
    } catch (thrown) {
      throw atScope(study.syntax, scope, thrown);
    }
  }
  return evaluateRoots(study.expression, study.roots, environment, options);
}

/** Instruments that a study names, each with the timeframes asked of it; `null` is the study's own. */
export function instrumentsOf(study: CompiledStudy): Map<string, readonly (string | null)[]> {
  const found = new Map<string, (string | null)[]>();
  for (const scope of study.expression.scopes) {
    if (scope.instrument === null) continue;
    const timeframes = found.get(scope.instrument) ?? [];
    timeframes.push(scope.timeframe);
    found.set(scope.instrument, timeframes);
  }
  return found;
}

/** Points an error about an instrument at the `on` that names it. */
export function atInstrument(study: CompiledStudy, instrument: string, error: RenataError): Error {
  return atScope(study.syntax, { instrument, timeframe: null }, error);
}

/** Stored bars as they cross threads: a calendar is sent as its data. */
export interface StoredBars {
  readonly bars: BarColumns;
  readonly timeframe: Timeframe;
  readonly calendar: CalendarData;
}

export function instrumentBars({
  bars,
  timeframe: tf,
  calendar: data,
}: StoredBars): InstrumentBars {
  const calendar = new MarketCalendar(data);
  return { bars, timeframe: tf, calendar, hours: sessionHoursOf(bars, tf, calendar) };
}

/** Newest bars that are looked at for trading outside of regular hours; more than one day of minutes. */
const HOURS_SAMPLE = 2_000;

/** The hours that stored bars cover: extended where some lie wholly outside of the regular ones. */
export function sessionHoursOf(
  bars: BarColumns,
  tf: Timeframe,
  calendar: MarketCalendar,
): SessionHours {
  if (isDailyOrLonger(tf) || !calendar.hasSessions) return 'regular';
  const last = timeframeMillis(tf) - 1;
  const outside = (time: number): boolean =>
    !calendar.isOpen(time, 'regular') &&
    // A bar on a grid of full hours may begin before the open that it holds.
    !calendar.isOpen(time + last, 'regular') &&
    calendar.isOpen(time, 'extended');
  return bars.time.subarray(-HOURS_SAMPLE).some(outside) ? 'extended' : 'regular';
}

/** Whether the source is a call or name of an indicator, perhaps inside `tf` and `on`. */
function isIndicatorCall(syntax: Syntax): boolean {
  if (syntax.kind === 'name') return true;
  if (syntax.kind !== 'call') return false;
  const body = bodyOf(syntax);
  return body === undefined || isIndicatorCall(body);
}

/** The expression inside of a `tf` or `on`. */
function bodyOf({ name, args }: Call): Syntax | undefined {
  if (name.toLowerCase() !== 'tf' && name.toLowerCase() !== 'on') return undefined;
  const named = args.find((argument) => argument.name?.toLowerCase() === 'expression');
  return (named ?? args.findLast((argument) => argument.name === null))?.value;
}

function indicatorOf({
  nodes,
  root,
}: CompiledExpression): Extract<GraphNode, { kind: 'indicator' }> | undefined {
  let node = nodes[root] as GraphNode;
  while (node.kind === 'align') node = nodes[node.of] as GraphNode;
  if (node.kind !== 'output') return undefined;
  const indicator = nodes[node.of] as GraphNode;
  return indicator.kind === 'indicator' ? indicator : undefined;
}

/** Adds the nodes of another output of the indicator that `root` is an output of. */
function outputRoot(nodes: GraphNode[], root: NodeId, index: number): NodeId {
  const node = nodes[root] as GraphNode;
  if (node.kind === 'output') {
    return node.index === index ? root : nodes.push({ ...node, index }) - 1;
  }
  if (node.kind !== 'align') return root;
  const of = outputRoot(nodes, node.of, index);
  return of === node.of ? root : nodes.push({ ...node, of }) - 1;
}

function outputsOf(definition: IndicatorDefinition): StudyOutput[] {
  return definition.outputs.map(({ name, label, kind, style }) => ({
    name,
    label,
    values: kind,
    style,
  }));
}

function singleOutput(expression: CompiledExpression): StudyOutput {
  const { nodes, root, type } = expression;
  const named = namedOutput(nodes, root);
  if (named !== undefined) return named;
  const name = 'value';
  if (type === 'boolean') return { name, label: 'Value', values: 'boolean', style: 'marks' };
  const whole = wholeNumbers(nodes)[root] === true;
  return whole
    ? { name, label: 'Value', values: 'integer', style: 'step' }
    : { name, label: 'Value', values: 'real', style: 'line' };
}

/** An output taken by name keeps the look that its indicator gives it. */
function namedOutput(nodes: readonly GraphNode[], root: NodeId): StudyOutput | undefined {
  let node = nodes[root] as GraphNode;
  while (node.kind === 'align') node = nodes[node.of] as GraphNode;
  if (node.kind !== 'output') return undefined;
  const indicator = nodes[node.of] as GraphNode;
  if (indicator.kind !== 'indicator') return undefined;
  return outputsOf(indicator.definition)[node.index];
}

/** Prices and what moves with them share the price pane; marks stand at its bars. */
function paneOf(
  { nodes, scopes, root, type }: CompiledExpression,
  definition: IndicatorDefinition | undefined,
): StudyPane {
  if (type === 'boolean') return 'overlay';
  if (definition?.pane === 'own') return 'own';
  if (definition?.outputs.every(({ style }) => style === 'marks') === true) return 'overlay';
  const share = priceShares(nodes, scopes)[root] ?? 0;
  return share >= 0.5 && share <= 2 ? 'overlay' : 'own';
}

function described({ name, default: value, low, high, step }: ExpressionParameter): StudyParameter {
  const bound = (limit: number): number | null => (Number.isFinite(limit) ? limit : null);
  return { name, default: value, low: bound(low), high: bound(high), step };
}

function atScope(syntax: Syntax, scope: Scope, thrown: unknown): Error {
  if (!(thrown instanceof RenataError)) return thrown as Error;
  if (thrown.details?.['column'] !== undefined) return thrown;
  const aboutSymbol = thrown.details?.['parameter'] === 'symbol';
  const span =
    (aboutSymbol ? undefined : findCall(syntax, 'tf', scope)) ?? findCall(syntax, 'on', scope);
  if (span === undefined) return thrown;
  const { suggestion } = thrown.details ?? {};
  return new RenataError(thrown.code, `column ${span.start}: ${thrown.message}`, {
    details: {
      parameter: 'expression',
      column: span.start,
      endColumn: span.end,
      ...(suggestion === undefined ? {} : { suggestion }),
    },
  });
}

/** Place of the text that names a scope's timeframe or instrument. */
function findCall(syntax: Syntax, name: 'tf' | 'on', scope: Scope): Span | undefined {
  if (syntax.kind === 'call' && syntax.name.toLowerCase() === name) {
    const key = syntax.args.find(({ value }) => value.kind === 'string')?.value;
    if (key?.kind === 'string' && names(key.value, name, scope)) return key.span;
  }
  for (const child of childrenOf(syntax)) {
    const found = findCall(child, name, scope);
    if (found !== undefined) return found;
  }
  return undefined;
}

function names(text: string, name: 'tf' | 'on', scope: Scope): boolean {
  if (name === 'on') return text.trim().toUpperCase() === scope.instrument;
  return timeframe(text) === scope.timeframe;
}

function childrenOf(syntax: Syntax): readonly Syntax[] {
  switch (syntax.kind) {
    case 'unary':
      return [syntax.operand];
    case 'binary':
      return [syntax.left, syntax.right];
    case 'history':
      return [syntax.series, syntax.bars];
    case 'member':
      return [syntax.object];
    case 'call':
      return syntax.args.map(({ value }) => value);
    case 'number':
    case 'boolean':
    case 'string':
    case 'name':
    case 'range':
      return [];
  }
}
