import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MarketCalendar } from '../../engine/domain/calendar.ts';
import type { CalendarData } from '../../engine/domain/calendar.ts';
import { RenataError } from '../../engine/domain/errors.ts';

/** The market calendars of `resources/calendars`, read when they are first asked for. */
export class Calendars {
  readonly #directory: string;
  readonly #known = new Map<string, MarketCalendar>();

  /** @param directory the folder that holds one JSON file for each calendar */
  constructor(directory: string) {
    this.#directory = directory;
  }

  names(): string[] {
    return readdirSync(this.#directory)
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length))
      .toSorted();
  }

  /** @throws RenataError BAD_INPUT listing the calendars there are. */
  get(name: string): MarketCalendar {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (!this.names().includes(name)) {
      throw new RenataError(
        'BAD_INPUT',
        `calendar: there is no calendar "${name}"; use one of ${this.names().join(', ')}.`,
        { details: { parameter: 'calendar' } },
      );
    }
    const text = readFileSync(join(this.#directory, `${name}.json`), 'utf8');
    const calendar = new MarketCalendar(JSON.parse(text) as CalendarData);
    this.#known.set(name, calendar);
    return calendar;
  }
}

/**
 * The calendars' folder beside this program: `resources/calendars` of the nearest folder above this
 * module, whether it runs from its source or from a bundle.
 */
export function defaultCalendarsDirectory(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, 'resources', 'calendars');
    if (existsSync(candidate)) return candidate;
    const above = dirname(folder);
    if (above === folder) {
      throw new RenataError(
        'INTERNAL',
        'The folder resources/calendars is missing from this installation; install Renata again.',
      );
    }
    folder = above;
  }
}
