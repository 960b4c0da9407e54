import {
  checkAdjustmentEvents,
  eventsFromFactors,
  MAX_EVENTS,
} from '../../engine/domain/adjustments.ts';
import type { AdjustmentEvent, FactorRow } from '../../engine/domain/adjustments.ts';
import type { MarketCalendar } from '../../engine/domain/calendar.ts';
import { MS_PER_DAY } from '../../engine/domain/time.ts';
import { badFile, quoted } from './import/bad-file.ts';
import { plainName } from './import/columns.ts';
import { CsvReader, detectDelimiter } from './import/csv-reader.ts';
import { TimeParser } from './import/dates.ts';
import { parseDecimal } from './import/numbers.ts';
import { isBlankOrComment } from './import/plan.ts';

const COLUMNS = ['date', 'pricefactor', 'splitfactor', 'referenceprice'];
/** A row makes a split and a dividend at most. */
const MAX_ROWS = MAX_EVENTS / 2;
const SHOWN = 'date, price_factor, split_factor, reference_price';

/**
 * Reads a file of cumulative factors: columns date (YYYYMMDD or YYYY-MM-DD), price_factor, split_factor
 * and reference_price, each row holding up to and including its date.
 * @throws RenataError BAD_FILE naming file, line and column.
 */
export function readFactorFile(
  path: string,
  file: string,
  calendar: MarketCalendar,
): AdjustmentEvent[] {
  const reader = new CsvReader(path, file, detectDelimiter(path, file));
  const rows: FactorRow[] = [];
  let positions: number[] | null = null;
  try {
    for (let batch = reader.next(); batch !== null; batch = reader.next()) {
      for (const [index, cells] of batch.rows.entries()) {
        if (isBlankOrComment(cells)) continue;
        const line = batch.line(index);
        if (positions === null) {
          const names = cells.map((cell) => plainName(cell));
          positions = COLUMNS.map((name) => names.indexOf(name));
          if (cells.length === COLUMNS.length && /^\d{8}$/.test(cells[0] ?? '')) {
            // As Lean writes them: the columns in this order and no header.
            positions = COLUMNS.map((_name, at) => at);
            rows.push(factorRow(cells, positions, file, line));
          } else if (positions.includes(-1)) {
            throw badFile(
              { file, line },
              `the header has ${cells.map(quoted).join(', ')}, expected ${SHOWN}.`,
            );
          }
        } else {
          rows.push(factorRow(cells, positions, file, line));
        }
        if (rows.length > MAX_ROWS) {
          throw badFile({ file, line }, `there are more than ${MAX_ROWS} rows of factors.`);
        }
      }
    }
  } finally {
    reader.close();
  }
  // Without rows the events that are stored would be deleted, which nobody asked for.
  if (rows.length === 0) throw badFile({ file }, `there are no rows below a header of ${SHOWN}.`);
  const events = eventsFromFactors(rows, (day) => nextSession(calendar, day));
  checkAdjustmentEvents(events);
  return events;
}

function factorRow(
  cells: readonly string[],
  positions: readonly number[],
  file: string,
  line: number,
): FactorRow {
  const cell = (role: number): string => cells[positions[role] ?? -1] ?? '';
  const number = (role: number, least: number): number => {
    const value = parseDecimal(cell(role), false);
    if (value >= least) return value;
    throw badFile(
      { file, line, column: (positions[role] ?? 0) + 1 },
      `${quoted(cell(role))} is not a number of ${least === 0 ? '0 or more' : 'more than 0'}; correct the cell.`,
    );
  };
  const date = cell(0);
  const parser = new TimeParser(date.includes('-') ? 'YYYY-MM-DD' : 'YYYYMMDD');
  if (!parser.parse(date) || parser.hasClock) {
    throw badFile(
      { file, line, column: (positions[0] ?? 0) + 1 },
      `${quoted(date)} is not a date; write it as YYYYMMDD or YYYY-MM-DD.`,
    );
  }
  return {
    day: parser.value,
    priceFactor: number(1, Number.MIN_VALUE),
    splitFactor: number(2, Number.MIN_VALUE),
    referencePrice: number(3, 0),
  };
}

function nextSession(calendar: MarketCalendar, day: number): number {
  const next = day + MS_PER_DAY;
  if (!calendar.hasSessions || next < calendar.validFrom || next > calendar.validTo) return next;
  // No market stays closed for longer than a month.
  for (const session of calendar.sessions(next, next + 31 * MS_PER_DAY)) return session.day;
  return next;
}
