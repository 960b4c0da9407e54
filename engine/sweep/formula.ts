import { RenataError } from '../domain/errors.ts';
import { expressionError, nearest } from '../expressions/failure.ts';
import { parse } from '../expressions/parser.ts';
import type { Arithmetic, Call, Comparison, Logical, Syntax } from '../expressions/syntax.ts';

/** A formula over named numbers: their values stand in `values` in the order of the names. */
export type Formula = (values: Float64Array) => number;

export type FormulaKind = 'condition' | 'number';

interface Typed {
  readonly kind: FormulaKind;
  readonly run: Formula;
}

const FUNCTIONS: Readonly<Record<string, { readonly least: number; readonly most: number }>> = {
  abs: { least: 1, most: 1 },
  sqrt: { least: 1, most: 1 },
  log: { least: 1, most: 1 },
  exp: { least: 1, most: 1 },
  floor: { least: 1, most: 1 },
  ceil: { least: 1, most: 1 },
  round: { least: 1, most: 1 },
  min: { least: 2, most: 20 },
  max: { least: 2, most: 20 },
  if: { least: 3, most: 3 },
};

/**
 * Reads a formula in the syntax of the expression language, such as `fast < slow` or
 * `if(trades >= 30, sharpe, -1)`. Conditions give 1 or 0; a comparison with NaN is false.
 * @param names what the formula may read
 * @throws RenataError BAD_INPUT with `details.column`, and a suggestion for a mistyped name
 */
export function compileFormula(
  source: string,
  names: readonly string[],
  wanted: FormulaKind,
): Formula {
  const compiled = new FormulaCompiler(names).compile(parse(source));
  if (compiled.kind !== wanted) {
    const text =
      wanted === 'condition'
        ? `"${source}" is a number; a constraint is a comparison such as fast < slow.`
        : `"${source}" is a condition; an objective is a number, perhaps if(condition, a, b).`;
    throw new RenataError('BAD_INPUT', text, { details: { parameter: 'expression' } });
  }
  return compiled.run;
}

class FormulaCompiler {
  private readonly names: readonly string[];

  constructor(names: readonly string[]) {
    this.names = names;
  }

  compile(syntax: Syntax): Typed {
    switch (syntax.kind) {
      case 'number': {
        const { value } = syntax;
        return { kind: 'number', run: () => value };
      }
      case 'boolean': {
        const value = syntax.value ? 1 : 0;
        return { kind: 'condition', run: () => value };
      }
      case 'name':
        return this.name(syntax);
      case 'unary': {
        const wanted = syntax.operator === 'not' ? 'condition' : 'number';
        const of = this.typed(syntax.operand, wanted);
        return wanted === 'condition'
          ? { kind: wanted, run: (values) => 1 - of(values) }
          : { kind: wanted, run: (values) => -of(values) };
      }
      case 'binary':
        return this.binary(syntax);
      case 'call':
        return this.call(syntax);
      case 'string':
      case 'history':
      case 'member':
      case 'range':
        throw expressionError('only numbers, names and functions may stand here', syntax.span);
    }
  }

  private typed(syntax: Syntax, wanted: FormulaKind): Formula {
    const { kind, run } = this.compile(syntax);
    if (kind === wanted) return run;
    throw expressionError(`a ${wanted} is expected here`, syntax.span);
  }

  private name({ name, span }: Extract<Syntax, { kind: 'name' }>): Typed {
    const at = this.names.indexOf(name);
    if (at < 0) {
      const known = this.names.join(', ') || 'none';
      const hint = nearest(name, this.names);
      throw expressionError(`"${name}" is not known; there are ${known}`, span, hint);
    }
    return { kind: 'number', run: (values) => values[at] as number };
  }

  private binary(syntax: Extract<Syntax, { kind: 'binary' }>): Typed {
    const { operator } = syntax;
    if (operator === 'and' || operator === 'or') {
      const left = this.typed(syntax.left, 'condition');
      const right = this.typed(syntax.right, 'condition');
      return { kind: 'condition', run: logical(operator, left, right) };
    }
    const left = this.typed(syntax.left, 'number');
    const right = this.typed(syntax.right, 'number');
    switch (operator) {
      case '<':
      case '<=':
      case '>':
      case '>=':
      case '==':
      case '!=':
        return { kind: 'condition', run: comparison(operator, left, right) };
      default:
        return { kind: 'number', run: arithmetic(operator, left, right) };
    }
  }

  private call(syntax: Call): Typed {
    const shape = Object.hasOwn(FUNCTIONS, syntax.name) ? FUNCTIONS[syntax.name] : undefined;
    if (shape === undefined) {
      const known = Object.keys(FUNCTIONS);
      throw expressionError(
        `"${syntax.name}" is not a function; there are ${known.join(', ')}`,
        syntax.nameSpan,
        nearest(syntax.name, known),
      );
    }
    const { args } = syntax;
    if (args.length < shape.least || args.length > shape.most) {
      const wanted =
        shape.least === shape.most ? `${shape.least}` : `${shape.least} to ${shape.most}`;
      throw expressionError(`${syntax.name} takes ${wanted} values`, syntax.span);
    }
    if (syntax.name === 'if') {
      const test = this.typed((args[0] as Call['args'][number]).value, 'condition');
      const yes = this.typed((args[1] as Call['args'][number]).value, 'number');
      const no = this.typed((args[2] as Call['args'][number]).value, 'number');
      return {
        kind: 'number',
        run: (values) => (test(values) === 1 ? yes(values) : no(values)),
      };
    }
    const of = args.map(({ value }) => this.typed(value, 'number'));
    return { kind: 'number', run: plainFunction(syntax.name, of) };
  }
}

function logical(operator: Logical, left: Formula, right: Formula): Formula {
  return operator === 'and'
    ? (values) => (left(values) === 1 ? right(values) : 0)
    : (values) => (left(values) === 1 ? 1 : right(values));
}

function comparison(operator: Comparison, left: Formula, right: Formula): Formula {
  switch (operator) {
    case '<':
      return (values) => (left(values) < right(values) ? 1 : 0);
    case '<=':
      return (values) => (left(values) <= right(values) ? 1 : 0);
    case '>':
      return (values) => (left(values) > right(values) ? 1 : 0);
    case '>=':
      return (values) => (left(values) >= right(values) ? 1 : 0);
    case '==':
      return (values) => (left(values) === right(values) ? 1 : 0);
    case '!=':
      // As the other comparisons: with a missing number nothing is true.
      return (values) => {
        const distance = left(values) - right(values);
        return distance === 0 || Number.isNaN(distance) ? 0 : 1;
      };
  }
}

function arithmetic(operator: Arithmetic, left: Formula, right: Formula): Formula {
  switch (operator) {
    case '+':
      return (values) => left(values) + right(values);
    case '-':
      return (values) => left(values) - right(values);
    case '*':
      return (values) => left(values) * right(values);
    case '/':
      return (values) => left(values) / right(values);
    case '%':
      return (values) => left(values) % right(values);
    case '^':
      return (values) => left(values) ** right(values);
  }
}

function plainFunction(name: string, of: readonly Formula[]): Formula {
  const [first = () => Number.NaN] = of;
  switch (name) {
    case 'abs':
      return (values) => Math.abs(first(values));
    case 'sqrt':
      return (values) => Math.sqrt(first(values));
    case 'log':
      return (values) => Math.log(first(values));
    case 'exp':
      return (values) => Math.exp(first(values));
    case 'floor':
      return (values) => Math.floor(first(values));
    case 'ceil':
      return (values) => Math.ceil(first(values));
    case 'round':
      return (values) => Math.round(first(values));
    case 'min':
      return (values) => of.reduce((least, next) => Math.min(least, next(values)), Infinity);
    default:
      return (values) => of.reduce((most, next) => Math.max(most, next(values)), -Infinity);
  }
}
