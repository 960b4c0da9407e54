import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';

interface Operation {
  readonly key: boolean;
  readonly query: object;
  readonly answers: Readonly<Record<string, object | null>>;
}

interface Compiled {
  readonly key: boolean;
  readonly query: ValidateFunction;
  readonly answers: ReadonlyMap<string, ValidateFunction | null>;
}

const specs = JSON.parse(
  readFileSync(new URL('../../specs/binance.json', import.meta.url), 'utf8'),
) as { readonly operations: Readonly<Record<string, Operation>>; readonly definitions: object };

/** Holds every call and every answer against the published description of the API. */
export class SpecCheck {
  /** What did not agree; tests expect none. */
  readonly problems: string[] = [];
  checked = 0;
  readonly #operations = new Map<string, Compiled>();

  constructor() {
    const make = (coerceTypes: boolean): Ajv => {
      const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes });
      for (const name of ['double', 'int64', 'int32']) ajv.addFormat(name, true);
      return ajv;
    };
    const answersOf = make(false);
    const queries = make(true);
    const { definitions } = specs;
    for (const [call, { key, query, answers }] of Object.entries(specs.operations)) {
      this.#operations.set(call, {
        key,
        query: queries.compile({ ...query, definitions }),
        answers: new Map(
          Object.entries(answers).map(([status, schema]) => [
            status,
            schema === null ? null : answersOf.compile({ ...schema, definitions }),
          ]),
        ),
      });
    }
  }

  needsKey(call: string): boolean {
    return this.#operations.get(call)?.key !== false;
  }

  request(call: string, query: Readonly<Record<string, string>>, body: string): void {
    const operation = this.#operations.get(call);
    this.checked += 1;
    if (operation === undefined) {
      this.problems.push(`${call} is not described`);
      return;
    }
    this.#hold(`query of ${call}`, operation.query, { ...query });
    if (body !== '') this.problems.push(`${call} has a body and should have none`);
  }

  answer(call: string, status: number, body: unknown): void {
    const schema = this.#operations.get(call)?.answers.get(String(status));
    if (status === 200 && schema === undefined)
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
