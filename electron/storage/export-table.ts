import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import type { TableData } from '../../engine/report/tables.ts';

/**
 * A table as a Parquet file: doubles, 32-bit whole numbers, text, and times as UTC timestamps in
 * milliseconds. What is missing is null.
 */
export function tableToParquet(columns: readonly TableData[]): Uint8Array {
  const writer = new ByteWriter();
  void parquetWrite({
    writer,
    columnData: columns.map(({ name, kind, values }) => ({
      name,
      nullable: true,
      type: TYPES[kind],
      data: Array.from(values, (value) => converted(kind, value)),
    })),
    createdBy: 'renata',
  });
  return writer.getBytes().slice();
}

const TYPES = { number: 'DOUBLE', whole: 'INT32', text: 'STRING', time: 'TIMESTAMP' } as const;

function converted(kind: TableData['kind'], value: number | string | null): unknown {
  if (typeof value !== 'number') return value;
  if (!Number.isFinite(value)) return null;
  return kind === 'time' ? new Date(value) : value;
}
