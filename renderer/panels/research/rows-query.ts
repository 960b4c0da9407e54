/** How the table of results is asked for: what its header says, as a formula that rows are sorted by. */

/** The part of a column filter of the grid that numbers have. */
export interface NumberCondition {
  readonly type: string;
  readonly filter?: number | null;
  readonly filterTo?: number | null;
}

export interface NumberFilter extends Partial<NumberCondition> {
  readonly operator?: 'AND' | 'OR';
  readonly conditions?: readonly NumberCondition[];
}

export type FilterModel = Readonly<Record<string, NumberFilter>>;

export interface SortModel {
  readonly colId: string;
  readonly sort: 'asc' | 'desc';
}

/** Below every score that a row can have. */
const REFUSED = -1e300;
/** Of a row that passes and has no value of its own. */
const UNDEFINED = -1e299;

/**
 * A formula whose largest values are the rows that the grid wants first. Rows that a filter refuses come
 * after all others.
 * @returns undefined for the order of the sweep itself
 */
export function sortFormula(
  objective: string,
  sorts: readonly SortModel[],
  filters: FilterModel,
): string | undefined {
  const [sort] = sorts;
  const conditions = Object.entries(filters).map(([column, filter]) => conditionOf(column, filter));
  if (sort === undefined && conditions.length === 0) return undefined;
  const by =
    sort === undefined ? `(${objective})` : sort.sort === 'asc' ? `(-${sort.colId})` : sort.colId;
  if (conditions.length === 0) return by;
  // NaN is equal to nothing: a row without a value stays ahead of those that are refused.
  const kept = `if(${by} == ${by}, ${by}, ${UNDEFINED})`;
  return `if(${conditions.join(' and ')}, ${kept}, ${REFUSED})`;
}

function conditionOf(column: string, filter: NumberFilter): string {
  const { conditions, operator } = filter;
  const parts = (conditions ?? [filter as NumberCondition]).map((each) => simple(column, each));
  return `(${parts.join(operator === 'OR' ? ' or ' : ' and ')})`;
}

function simple(column: string, { type, filter, filterTo }: NumberCondition): string {
  const value = filter ?? 0;
  switch (type) {
    case 'equals':
      return `${column} == ${value}`;
    case 'notEqual':
      return `${column} != ${value}`;
    case 'greaterThan':
      return `${column} > ${value}`;
    case 'greaterThanOrEqual':
      return `${column} >= ${value}`;
    case 'lessThan':
      return `${column} < ${value}`;
    case 'lessThanOrEqual':
      return `${column} <= ${value}`;
    case 'inRange':
      return `(${column} >= ${value} and ${column} <= ${filterTo ?? value})`;
    case 'blank':
      return `not (${column} == ${column})`;
    case 'notBlank':
      return `${column} == ${column}`;
    default:
      return 'true';
  }
}

/** Whether a row passes the filters, as the formula has it. */
export function passes(row: Readonly<Record<string, number>>, filters: FilterModel): boolean {
  return Object.entries(filters).every(([column, filter]) => {
    const value = row[column] ?? Number.NaN;
    const results = (filter.conditions ?? [filter as NumberCondition]).map((each) =>
      holds(value, each),
    );
    return filter.operator === 'OR' ? results.some(Boolean) : results.every(Boolean);
  });
}

function holds(value: number, { type, filter, filterTo }: NumberCondition): boolean {
  const wanted = filter ?? 0;
  switch (type) {
    case 'equals':
      return value === wanted;
    case 'notEqual':
      return value !== wanted && !Number.isNaN(value);
    case 'greaterThan':
      return value > wanted;
    case 'greaterThanOrEqual':
      return value >= wanted;
    case 'lessThan':
      return value < wanted;
    case 'lessThanOrEqual':
      return value <= wanted;
    case 'inRange':
      return value >= wanted && value <= (filterTo ?? wanted);
    case 'blank':
      return Number.isNaN(value);
    case 'notBlank':
      return !Number.isNaN(value);
    default:
      return true;
  }
}

/** A formula whose largest value is the best row of a condition. */
export function bestOf(condition: string, metric: string): string {
  return sortWithin(condition, `(${metric})`);
}

function sortWithin(condition: string, by: string): string {
  return `if(${condition}, ${by}, ${REFUSED})`;
}

/** One row of a page of columns, by the names of the columns. */
export function rowAt(
  page: { readonly names: readonly string[]; readonly columns: readonly Float64Array[] },
  at: number,
): Record<string, number> {
  return Object.fromEntries(
    page.names.map((name, column) => [name, page.columns[column]?.[at] ?? Number.NaN]),
  );
}
