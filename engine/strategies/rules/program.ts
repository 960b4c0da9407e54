import { RenataError } from '../../domain/errors.ts';
import {
  resolveParameters,
  type NumberParameter,
  type Parameter,
  type ParameterValues,
} from '../../domain/parameters.ts';
import type { Catalogue } from '../../expressions/compile.ts';
import type { Environment } from '../../expressions/environment.ts';
import type { ExpressionParameter, NodeId } from '../../expressions/graph.ts';
import { parse } from '../../expressions/parser.ts';
import {
  compileProgram,
  evaluateProgram,
  inPart,
  isTaken,
  type Program,
} from '../../expressions/program.ts';
import type { Syntax } from '../../expressions/syntax.ts';
import type { StrategyDocument } from '../../protocol/strategy-document.ts';
import { checkShape, wrong } from './checks.ts';
import { partsOf, type RulePart } from './parts.ts';

const NOWHERE = { start: 1, end: 1 } as const;

/** A document that was checked: its expressions compile and its parameters are known. */
export class RuleProgram {
  readonly document: StrategyDocument;
  readonly parameters: readonly Parameter[];
  private readonly catalogue: Catalogue;
  private readonly parts: readonly RulePart[];
  private readonly inline: readonly string[];

  /** @throws RenataError BAD_INPUT with `details.path`, and `details.column` inside an expression */
  constructor(document: StrategyDocument, catalogue: Catalogue) {
    checkShape(document);
    this.document = document;
    this.catalogue = catalogue;
    this.parts = partsOf(document);
    const declared = Object.entries(document.parameters ?? {}).map(([name, given]) => {
      if (isTaken(name, catalogue)) throw taken(`parameters.${name}`, name);
      return describeParameter(name, given);
    });
    checkDefinitions(document, catalogue);
    const defaults = Object.fromEntries(declared.map((each) => [each.name, each.default]));
    const compiled = this.compileWith(defaults, {});
    for (const { name } of compiled.parameters) {
      if (Object.hasOwn(defaults, name)) {
        throw wrong(`parameters.${name}`, `an expression has a param("${name}", …) as well`);
      }
    }
    this.parameters = [...declared, ...compiled.parameters.map(describeParam)];
    this.inline = compiled.parameters.map(({ name }) => name);
    for (const part of this.parts) if (part.constant) constantOf(compiled, part);
    this.check(resolveParameters(document.name, this.parameters, {}));
  }

  /** @throws RenataError BAD_INPUT for parameters that break a constraint of the document */
  check(values: ParameterValues): void {
    const { constraints } = this.document;
    if (constraints === undefined) return;
    const compiled = this.compile(values);
    constraints.forEach((source, i) => {
      const path = `constraints.${i}`;
      const part = this.parts.find((each) => each.path === path) as RulePart;
      if (constantOf(compiled, part) === 1) return;
      const given = Object.entries(values).map(([name, value]) => `${name} ${String(value)}`);
      throw new RenataError(
        'BAD_INPUT',
        `${this.document.name}: ${source} must hold; it does not for ${given.join(', ')}.`,
        { details: { parameter: nameIn(source, values) ?? path, path } },
      );
    });
  }

  /** The graph of all expressions for these parameters. */
  compile(values: ParameterValues): Program {
    const inline: Record<string, number> = {};
    const declared: Record<string, number> = {};
    for (const [name, value] of Object.entries(values)) {
      if (typeof value !== 'number') continue;
      if (this.inline.includes(name)) inline[name] = value;
      else declared[name] = value;
    }
    return this.compileWith(declared, inline);
  }

  /** One number for each part that is of parameters alone. */
  constants(compiled: Program): ReadonlyMap<string, number> {
    return new Map(
      this.parts.flatMap((part) =>
        part.constant ? [[part.path, constantOf(compiled, part)] as const] : [],
      ),
    );
  }

  /** The node of each of the other parts, for engines that go bar by bar. */
  varying(compiled: Program): { readonly path: string; readonly root: NodeId }[] {
    return this.parts.flatMap((part, index) => {
      const root = compiled.expressions[index]?.root;
      return part.constant || root === undefined ? [] : [{ path: part.path, root }];
    });
  }

  /** One column for each of the other parts, over the bars of the environment. */
  columns(compiled: Program, environment: Environment): ReadonlyMap<string, Float64Array> {
    const columns = evaluateProgram(compiled, environment);
    return new Map(
      this.parts.flatMap((part, index) =>
        part.constant ? [] : [[part.path, columns[index] as Float64Array] as const],
      ),
    );
  }

  private compileWith(
    declared: Readonly<Record<string, number>>,
    inline: Readonly<Record<string, number>>,
  ): Program {
    const names = new Map<string, Syntax>(
      Object.entries(declared).map(([name, value]) => [
        name.toLowerCase(),
        { kind: 'number', value, span: NOWHERE },
      ]),
    );
    for (const [name, source] of Object.entries(this.document.define ?? {})) {
      // Compiled by itself, so that an error in it is told at its own place.
      inPart(`define.${name}`, () => parse(source));
      compileDefinition(name, source, this.catalogue, names, inline);
      names.set(name.toLowerCase(), parse(source));
    }
    return compileProgram(this.parts, this.catalogue, { parameters: inline, names });
  }
}

function compileDefinition(
  name: string,
  source: string,
  catalogue: Catalogue,
  names: ReadonlyMap<string, Syntax>,
  parameters: Readonly<Record<string, number>>,
): void {
  const path = `define.${name}`;
  const options = { names, parameters };
  try {
    compileProgram([{ path, source, wanted: 'number' }], catalogue, options);
  } catch {
    compileProgram([{ path, source, wanted: 'boolean' }], catalogue, options);
  }
}

function checkDefinitions({ define, parameters }: StrategyDocument, catalogue: Catalogue): void {
  const known = new Set<string>();
  for (const name of Object.keys(parameters ?? {})) {
    if (known.has(name.toLowerCase())) throw twice(`parameters.${name}`, name);
    known.add(name.toLowerCase());
  }
  for (const name of Object.keys(define ?? {})) {
    if (isTaken(name, catalogue)) throw taken(`define.${name}`, name);
    if (known.has(name.toLowerCase())) throw twice(`define.${name}`, name);
    known.add(name.toLowerCase());
  }
}

function taken(path: string, name: string): RenataError {
  return wrong(path, `${name} is a name of the expression language; choose another`);
}

function twice(path: string, name: string): RenataError {
  return wrong(path, `${name} is there twice (capitals do not count); choose another name`);
}

function constantOf(compiled: Program, part: RulePart): number {
  const expression = compiled.expressions[compiled.parts.indexOf(part)];
  const node = expression?.nodes[expression.root];
  if (node?.kind === 'constant') return node.value;
  throw wrong(part.path, `"${part.source}" must be of numbers and parameters alone, not of prices`);
}

/** The first parameter that an expression names. */
function nameIn(source: string, values: ParameterValues): string | undefined {
  const words: readonly string[] = source.match(/[A-Za-z_]\w*/g) ?? [];
  return words.find((word) => Object.hasOwn(values, word));
}

function describeParameter(
  name: string,
  given: NonNullable<StrategyDocument['parameters']>[string],
): NumberParameter {
  const { default: value, min, max } = given;
  const path = `parameters.${name}`;
  if (min > max) throw wrong(path, `min ${min} must not be above max ${max}`);
  if (value < min || value > max) {
    throw wrong(path, `the default ${value} must lie between min ${min} and max ${max}`);
  }
  const whole = [value, min, max, given.step ?? 1].every((each) => Number.isInteger(each));
  return {
    kind: whole ? 'integer' : 'real',
    name,
    label: given.label ?? name,
    description: given.description ?? '',
    default: value,
    min,
    max,
    step: given.step ?? (whole || min === max ? 1 : (max - min) / 20),
    ...(given.unit === undefined ? {} : { unit: given.unit }),
  };
}

/** Bounds that a `param(…)` has to be within when it gives none; a form needs some. */
const WIDEST = 1e9;

function describeParam({ name, default: value, low, high, step }: ExpressionParameter): Parameter {
  const whole = [value, step].every((each) => Number.isInteger(each));
  const integral = (bound: number): boolean => Number.isInteger(bound) || !Number.isFinite(bound);
  return {
    kind: whole && integral(low) && integral(high) && Number.isFinite(low) ? 'integer' : 'real',
    name,
    label: name,
    description: '',
    default: value,
    min: Math.max(low, -WIDEST),
    max: Math.min(high, WIDEST),
    step,
  };
}
