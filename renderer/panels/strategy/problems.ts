import type { ErrorPayload } from '../../../engine/domain/errors.ts';
import type { CallOutput } from '../../../engine/protocol/contract.ts';
import type { Draft, NamedRow } from './draft.ts';

export type CheckProblem = CallOutput<'strategies.problems'>['problems'][number];

/** Something that is wrong, at the field that it is about. */
export interface FieldProblem extends CheckProblem {
  readonly field: string;
}

/**
 * The field for a path of the document: rows are counted in the form, but named in the document. A path
 * that is no field of its own is that of its section.
 */
export function fieldOf(path: string, draft: Draft): string {
  const [head = '', name = '', part] = path.split('.');
  const row = (rows: readonly { readonly name: string }[], own: string): number =>
    rows.findIndex((each) => each.name === own);
  switch (head) {
    case 'parameters': {
      const at = row(draft.parameters, name);
      return at < 0 ? 'parameters' : `parameters[${at}].${part ?? 'name'}`;
    }
    case 'define': {
      const at = row(draft.define, name);
      return at < 0 ? 'define' : `define[${at}].expression`;
    }
    case 'plot': {
      const at = row(draft.plot, path.slice('plot.'.length));
      return at < 0 ? 'plot' : `plot[${at}].expression`;
    }
    case 'constraints': {
      // Empty rows are no part of the document.
      const filled = [...draft.constraints.keys()].filter((i) => draft.constraints[i]?.trim());
      const at = filled[Number(name)];
      return at === undefined ? 'constraints' : `constraints[${at}]`;
    }
    case 'sizing':
      return name === draft.sizing.kind ? 'sizing.amount' : path;
    default:
      return path;
  }
}

function local(field: string, message: string): FieldProblem {
  return { path: '', field, message, column: null, endColumn: null, suggestion: null };
}

/** What can be said of the form before it is a document at all. */
export function localProblems(draft: Draft): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (draft.name.trim() === '') problems.push(local('name', 'Give the strategy a name.'));
  const seen = new Set<string>();
  const checkName = (name: string, field: string): void => {
    const lower = name.toLowerCase();
    if (name === '') problems.push(local(field, 'Give it a name.'));
    else if (seen.has(lower)) problems.push(local(field, `${name} is there twice.`));
    seen.add(lower);
  };
  draft.parameters.forEach((row, i) => {
    checkName(row.name, `parameters[${i}].name`);
    for (const part of ['default', 'min', 'max', 'step'] as const) {
      const text = row[part].trim();
      if (part === 'step' && text === '') continue;
      const number = Number(text);
      const wrong = text === '' || !Number.isFinite(number) || (part === 'step' && number <= 0);
      if (!wrong) continue;
      const what = part === 'step' ? 'a number above 0' : 'a number';
      problems.push(local(`parameters[${i}].${part}`, `${part}: ${what}.`));
    }
  });
  const named = (rows: readonly NamedRow[], list: string, check: typeof checkName): void =>
    rows.forEach(({ name, expression }, i) => {
      check(name, `${list}[${i}].name`);
      if (expression.trim() === '') {
        problems.push(local(`${list}[${i}].expression`, 'Write an expression.'));
      }
    });
  named(draft.define, 'define', checkName);
  for (const name of ['stopLoss', 'takeProfit', 'trailing'] as const) {
    const { kind, percent, atr, price, long, short } = draft[name];
    const texts = { none: '-', percent, atr, price: price + long + short };
    if (texts[kind].trim() !== '') continue;
    const what = kind === 'price' ? 'Write a price.' : 'Write an amount.';
    problems.push(local(`stops.${name}.${kind === 'price' ? 'long' : kind}`, what));
  }
  const { kind, amount } = draft.sizing;
  if (kind !== 'run' && kind !== 'all' && amount.trim() === '') {
    problems.push(local('sizing.amount', 'Write an amount.'));
  }
  const plots = new Set<string>();
  named(draft.plot, 'plot', (name, field) => {
    if (name === '') problems.push(local(field, 'Give it a name.'));
    else if (plots.has(name)) problems.push(local(field, `${name} is there twice.`));
    plots.add(name);
  });
  return problems;
}

/** All that is wrong: what the form itself knows comes before what the check says of the same field. */
export function allProblems(draft: Draft, checked: readonly CheckProblem[]): FieldProblem[] {
  const own = localProblems(draft);
  const said = new Set(own.map(({ field }) => field));
  const further = checked
    .map((problem) => ({ ...problem, field: fieldOf(problem.path, draft) }))
    .filter(({ field }) => !said.has(field) && !rowOf(field, said) && !priceOf(field, said));
  return [...own, ...further];
}

/** Whether another field of the same row has been said to be wrong: one message a row is enough. */
function rowOf(field: string, said: ReadonlySet<string>): boolean {
  const row = /^\w+\[\d+\]/.exec(field)?.[0];
  return row !== undefined && [...said].some((other) => other.startsWith(`${row}.`));
}

/** A price that is missing on both sides is told at the first of them. */
function priceOf(field: string, said: ReadonlySet<string>): boolean {
  return field.endsWith('.price') && said.has(field.replace(/price$/, 'long'));
}

export function problemAt(
  problems: readonly FieldProblem[],
  field: string,
): FieldProblem | undefined {
  return problems.find((problem) => problem.field === field);
}

/** The text in a field of expressions. */
export function textAt(draft: Draft, field: string): string {
  const [, list, row, part] = /^(\w+)\[(\d+)\](?:\.(\w+))?$/.exec(field) ?? [];
  if (list === 'constraints') return draft.constraints[Number(row)] ?? '';
  if (list === 'define' || list === 'plot') {
    return part === 'expression' ? (draft[list][Number(row)]?.expression ?? '') : '';
  }
  const [head, name = '', inner = ''] = field.split('.');
  const texts: Readonly<Record<string, unknown>> = { ...draft };
  const inside = (value: unknown, key: string): string => {
    const found = (value as Readonly<Record<string, unknown>> | undefined)?.[key];
    return typeof found === 'string' ? found : '';
  };
  if (head === 'entry' || head === 'exit') {
    return inside(texts, `${head}${name.charAt(0).toUpperCase()}${name.slice(1)}`);
  }
  if (head === 'stops') return inner === '' ? inside(texts, name) : inside(texts[name], inner);
  return head === undefined ? '' : inside(texts[head], name);
}

/** A problem as the shared display of expression errors takes it. */
export function asError({ message, column, endColumn, suggestion }: FieldProblem): ErrorPayload {
  const details: Record<string, string | number> = {};
  if (column !== null) details['column'] = column;
  if (endColumn !== null) details['endColumn'] = endColumn;
  if (suggestion !== null) details['suggestion'] = suggestion;
  return { code: 'BAD_INPUT', message, retryable: false, details };
}
