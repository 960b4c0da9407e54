import { RenataError } from '../domain/errors.ts';
import { resolveParameters, type Parameter, type ParameterValues } from '../domain/parameters.ts';
import { nearest } from '../expressions/failure.ts';
import { parseDimension, type Dimension } from './dimension.ts';
import { compileFormula, type Formula } from './formula.ts';

/** What is varied, as it is written in a form, a file or on the command line. */
export interface SpaceDescription {
  /** Values of each varied parameter, such as `2..100 step 2`. */
  readonly ranges: Readonly<Record<string, string>>;
  /** Values of parameters that are not varied; the others keep their defaults. */
  readonly fixed?: ParameterValues;
  /** Conditions over the numbers among the parameters, such as `fast < slow`. */
  readonly constraints?: readonly string[];
}

/** What has parameters: a strategy, or rules. */
export interface ParameterOwner {
  readonly id: string;
  readonly parameters: readonly Parameter[];
  /** Checks that parameters make sense together. @throws RenataError BAD_INPUT */
  validate(parameters: ParameterValues): void;
}

/** Combinations that are looked at to say how many pass the constraints. */
const MOST_COUNTED = 200_000;

/**
 * All combinations of the varied parameters, numbered from 0 with the last parameter changing fastest.
 * Nothing is listed: a combination is made from its number. Numbers of combinations that the
 * constraints refuse exist too, so that a number means the same whatever is asked of it.
 */
export class Space {
  readonly owner: ParameterOwner;
  readonly dimensions: readonly Dimension[];
  readonly fixed: ParameterValues;
  /** Combinations before the constraints. */
  readonly size: number;
  private readonly constraints: readonly Formula[];
  /** Varied numbers first, in order, then the fixed ones: what the constraints read. */
  private readonly known: Float64Array;

  /** @throws RenataError BAD_INPUT for an unknown parameter, bad values or a grid without combinations */
  constructor(owner: ParameterOwner, description: SpaceDescription) {
    const { ranges, fixed = {}, constraints = [] } = description;
    this.owner = owner;
    const known = new Map(owner.parameters.map((parameter) => [parameter.name, parameter]));
    for (const name of Object.keys(ranges)) requireKnown(owner, known, name);
    // In the order of the description, so that the numbers do not depend on how the ranges were written.
    this.dimensions = owner.parameters.flatMap((parameter) => {
      const text = ranges[parameter.name];
      return text === undefined ? [] : [parseDimension(parameter, text)];
    });
    if (this.dimensions.length === 0) {
      throw new RenataError(
        'BAD_INPUT',
        `ranges: nothing is varied; give values to one of ${[...known.keys()].join(', ') || 'none'}.`,
        { details: { parameter: 'ranges' } },
      );
    }
    for (const name of Object.keys(fixed)) {
      if (ranges[name] === undefined) continue;
      throw new RenataError('BAD_INPUT', `${name}: is both varied and fixed.`, {
        details: { parameter: name },
      });
    }
    const constant = resolveParameters(owner.id, owner.parameters, fixed);
    for (const { name } of this.dimensions) delete constant[name];
    this.fixed = constant;
    this.size = this.dimensions.reduce((product, { count }) => product * count, 1);
    if (this.size > Number.MAX_SAFE_INTEGER) {
      throw new RenataError(
        'BAD_INPUT',
        `ranges: ${this.size.toExponential(1)} combinations are more than can be numbered; take wider steps.`,
        { details: { parameter: 'ranges' } },
      );
    }
    const numbers = Object.entries(constant).flatMap(([name, value]) =>
      typeof value === 'string' ? [] : [{ name, value: Number(value) }],
    );
    const names = [...this.dimensions, ...numbers].map(({ name }) => name);
    this.known = new Float64Array(names.length);
    this.known.set(
      numbers.map(({ value }) => value),
      this.dimensions.length,
    );
    this.constraints = constraints.map((source) => compileFormula(source, names, 'condition'));
  }

  /**
   * Writes the codes of a combination, one for each dimension.
   * @returns whether the constraints and the strategy's own checks let it pass
   */
  read(index: number, codes: Float64Array): boolean {
    const { dimensions, known } = this;
    let rest = index;
    for (let d = dimensions.length - 1; d >= 0; d -= 1) {
      const dimension = dimensions[d] as Dimension;
      const digit = rest % dimension.count;
      rest = (rest - digit) / dimension.count;
      const code = dimension.code(digit);
      codes[d] = code;
      known[d] = code;
    }
    for (const constraint of this.constraints) if (constraint(known) !== 1) return false;
    return this.accepts(codes);
  }

  /** The place of each dimension's value within its values. */
  digits(index: number, digits: Int32Array): void {
    let rest = index;
    for (let d = this.dimensions.length - 1; d >= 0; d -= 1) {
      const { count } = this.dimensions[d] as Dimension;
      const digit = rest % count;
      rest = (rest - digit) / count;
      digits[d] = digit;
    }
  }

  /** The number of the combination at these places. */
  indexOf(digits: ArrayLike<number>): number {
    let index = 0;
    for (const [d, { count }] of this.dimensions.entries()) {
      index = index * count + (digits[d] as number);
    }
    return index;
  }

  /** All parameters of a combination, the fixed ones too. */
  parameters(codes: ArrayLike<number>): Record<string, number | string | boolean> {
    const values: Record<string, number | string | boolean> = { ...this.fixed };
    for (let d = 0; d < this.dimensions.length; d += 1) {
      const dimension = this.dimensions[d] as Dimension;
      values[dimension.name] = dimension.valueOf(codes[d] as number);
    }
    return values;
  }

  /**
   * How many combinations pass. Large spaces are looked at in evenly spread places.
   * @throws RenataError BAD_INPUT when all were looked at and none passes
   */
  count(): { readonly valid: number; readonly exact: boolean } {
    const exact = this.size <= MOST_COUNTED;
    const looked = exact ? this.size : MOST_COUNTED;
    const codes = new Float64Array(this.dimensions.length);
    // A stride that shares no factor with common counts; even spacing would see the same last digits.
    const stride = exact ? 1 : coprimeNear(this.size * 0.618_033_988_749_894_9, this.size);
    let valid = 0;
    let index = 0;
    for (let k = 0; k < looked; k += 1) {
      if (this.read(index, codes)) valid += 1;
      index += stride;
      if (index >= this.size) index -= this.size;
    }
    if (exact && valid === 0) throw this.nothingPasses();
    return { valid: exact ? valid : Math.round((valid / looked) * this.size), exact };
  }

  nothingPasses(): RenataError {
    return new RenataError(
      'BAD_INPUT',
      `ranges: none of the ${this.size} combinations passes the constraints and the checks of ${this.owner.id}.`,
      { details: { parameter: 'ranges' } },
    );
  }

  private accepts(codes: Float64Array): boolean {
    try {
      this.owner.validate(this.parameters(codes));
      return true;
    } catch (error) {
      if (error instanceof RenataError && error.code === 'BAD_INPUT') return false;
      throw error;
    }
  }
}

function requireKnown(
  owner: ParameterOwner,
  known: ReadonlyMap<string, Parameter>,
  name: string,
): void {
  if (known.has(name)) return;
  const hint = nearest(name, known.keys());
  const suggestion = hint === undefined ? '' : ` Did you mean ${hint}?`;
  throw new RenataError(
    'BAD_INPUT',
    `${owner.id} has no parameter "${name}"; it has ${[...known.keys()].join(', ') || 'none'}.${suggestion}`,
    { details: { parameter: name, ...(hint === undefined ? {} : { suggestion: hint }) } },
  );
}

function coprimeNear(start: number, size: number): number {
  let candidate = Math.max(1, Math.floor(start));
  while (greatestCommonDivisor(candidate, size) !== 1) candidate += 1;
  return candidate;
}

function greatestCommonDivisor(a: number, b: number): number {
  let [large, small] = [a, b];
  while (small !== 0) [large, small] = [small, large % small];
  return large;
}
