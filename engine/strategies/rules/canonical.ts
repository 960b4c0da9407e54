import { strategyDocument, type StrategyDocument } from '../../protocol/strategy-document.ts';

/**
 * A document with its keys in the schema's order, without fields that are empty. Two documents that say
 * the same have the same canonical form.
 */
export function canonicalDocument(document: StrategyDocument): StrategyDocument {
  return ordered(document, strategyDocument) as StrategyDocument;
}

/** The canonical form as JSON, as files are written. */
export function canonicalJson(document: StrategyDocument): string {
  return `${JSON.stringify(canonicalDocument(document), null, 2)}\n`;
}

/** What is read of a schema: the fields of an object, the values of a record, what is inside a wrapper. */
interface Schema {
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly options?: readonly Schema[];
  readonly def?: { readonly valueType?: Schema };
  readonly unwrap?: () => Schema;
}

function ordered(value: unknown, schema: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
  const given = value as Readonly<Record<string, unknown>>;
  const { shape, def } = objectOf(schema as Schema) ?? {};
  // Records keep the order in which they were written: definitions build on those before.
  const keys = shape === undefined ? Object.keys(given) : Object.keys(shape);
  const entries: (readonly [string, unknown])[] = [];
  for (const key of keys) {
    const inner = given[key];
    if (inner === undefined) continue;
    const kept = ordered(inner, shape === undefined ? def?.valueType : shape[key]);
    const empty = typeof kept === 'object' && kept !== null && Object.keys(kept).length === 0;
    if (!empty || key === 'entry') entries.push([key, kept]);
  }
  return Object.fromEntries(entries);
}

/** The schema of an object or record inside of optional fields and choices. */
function objectOf(schema: Schema | undefined): Schema | undefined {
  if (schema === undefined || schema.shape !== undefined) return schema;
  if (schema.def?.valueType !== undefined) return schema;
  if (schema.options !== undefined) {
    return schema.options.map(objectOf).find((each) => each !== undefined);
  }
  return schema.unwrap === undefined ? undefined : objectOf(schema.unwrap());
}
