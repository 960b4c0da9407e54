import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

interface Operation {
  /** Whether it needs a key, where that is said. */
  readonly key?: boolean;
  readonly query: object;
  readonly body?: object | null;
  readonly answers: Readonly<Record<string, object | null>>;
}

interface Specs {
  readonly operations: Readonly<Record<string, Operation>>;
  readonly definitions: object;
}

interface Compiled {
  readonly key: boolean;
  readonly query: ValidateFunction;
  readonly body: ValidateFunction | null;
  readonly answers: ReadonlyMap<string, ValidateFunction | null>;
}

/** Compiled once for all stubs of a test file: it takes longer than most tests. */
const COMPILED = new Map<string, ReadonlyMap<string, Compiled>>();

function compile(venue: string): ReadonlyMap<string, Compiled> {
  const specs = JSON.parse(
    readFileSync(new URL(`../specs/${venue}.json`, import.meta.url), 'utf8'),
  ) as Specs;
  const make = (coerceTypes: boolean): Ajv => {
    const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes, unicodeRegExp: false });
    (addFormats as unknown as (ajv: Ajv) => void)(ajv);
    ajv.addFormat('decimal', /^-?\d+(\.\d+)?$/);
    for (const name of ['double', 'int64', 'int32', 'uint32', 'uint64']) ajv.addFormat(name, true);
    return ajv;
  };
  const bodies = make(false);
  const queries = make(true);
  const { definitions } = specs;
  const operations = new Map<string, Compiled>();
  for (const [call, { key = true, query, body = null, answers }] of Object.entries(
    specs.operations,
  )) {
    operations.set(call, {
      key,
      // Dates of queries may be days as well; what they mean is said in prose alone.
      query: queries.compile({ ...looseDates(query), definitions }),
      body: body === null ? null : bodies.compile({ ...body, definitions }),
      answers: new Map(
        Object.entries(answers).map(([status, schema]) => [
          status,
          schema === null ? null : bodies.compile({ ...schema, definitions }),
        ]),
      ),
    });
  }
  COMPILED.set(venue, operations);
  return operations;
}

/** Holds every call and every answer against the published description of the API. */
export class SpecCheck {
  /** What did not agree; tests expect none. */
  readonly problems: string[] = [];
  checked = 0;
  readonly #operations: ReadonlyMap<string, Compiled>;

  /** @param venue name of a file of tests/specs */
  constructor(venue: string) {
    this.#operations = COMPILED.get(venue) ?? compile(venue);
  }

  needsKey(call: string): boolean {
    return this.#operations.get(call)?.key !== false;
  }

  request(call: string, query: Readonly<Record<string, string>>, body?: unknown): void {
    const operation = this.#operations.get(call);
    this.checked += 1;
    if (operation === undefined) {
      this.problems.push(`${call} is not described`);
      return;
    }
    this.#hold(`query of ${call}`, operation.query, { ...query });
    if (operation.body !== null) this.#hold(`body of ${call}`, operation.body, body);
    else if (body !== undefined) this.problems.push(`${call} has a body and should have none`);
    // Fields that are not described are let through by the schema.
    const known = (operation.body?.schema as { properties?: object } | undefined)?.properties;
    if (known === undefined || typeof body !== 'object' || body === null) return;
    for (const name of Object.keys(body)) {
      if (!(name in known)) this.problems.push(`body of ${call}: ${name} is not described`);
    }
  }

  answer(call: string, status: number, body: unknown): void {
    const answers = this.#operations.get(call)?.answers;
    const schema = answers?.get(String(status));
    if (status >= 200 && status < 300 && schema === undefined)
      this.problems.push(`answer ${status} of ${call} is not described`);
    if (schema !== undefined && schema !== null)
      this.#hold(`answer ${status} of ${call}`, schema, body);
  }

  #hold(what: string, validate: ValidateFunction, value: unknown): void {
    if (validate(value)) return;
    for (const error of validate.errors ?? [])
      this.problems.push(`${what}: ${error.instancePath} ${error.message ?? ''}`);
  }
}

function looseDates(query: object): object {
  return JSON.parse(
    JSON.stringify(query, (key: string, value: unknown) =>
      key === 'format' && value === 'date-time' ? undefined : value,
    ),
  ) as object;
}
