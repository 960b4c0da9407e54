import { ScanCode } from '@stoqey/ib';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import { scanRowSchema } from './schemas.ts';
import type { TwsSession } from './session.ts';

/** A scanner by the names of TWS's parameters, such as STK, STK.US.MAJOR and TOP_PERC_GAIN. */
export interface ScanRequest {
  readonly instrument: string;
  readonly location: string;
  readonly scan: string;
  readonly rows: number;
  readonly abovePrice?: number;
  readonly belowPrice?: number;
  readonly aboveVolume?: number;
  readonly marketCapAbove?: number;
  readonly marketCapBelow?: number;
}

export interface ScanRow {
  readonly rank: number;
  readonly conId: number;
  readonly symbol: string;
  readonly secType: string;
  readonly currency: string;
  readonly distance: string;
  readonly benchmark: string;
  readonly projection: string;
}

/** TWS gives no more rows. */
const MOST_ROWS = 50;

export class Scanners {
  readonly #session: TwsSession;

  constructor(session: TwsSession) {
    this.#session = session;
  }

  scan(request: ScanRequest): Promise<readonly ScanRow[]> {
    const { instrument, location, scan, rows, ...limits } = request;
    const code = (ScanCode as unknown as Readonly<Record<string, number>>)[scan];
    if (typeof code !== 'number') {
      return Promise.reject(
        new VenueError('rejected', `Interactive Brokers has no scanner ${scan}.`),
      );
    }
    const found: ScanRow[] = [];
    return this.#session.ask<readonly ScanRow[]>({
      what: `the scanner ${scan}`,
      priority: 'query',
      timeout: 30_000,
      cancelAfter: true,
      send: (encoder, id) =>
        encoder.reqScannerSubscription(
          id,
          {
            ...limits,
            instrument,
            locationCode: location,
            scanCode: code,
            numberOfRows: Math.max(1, Math.min(MOST_ROWS, Math.floor(rows))),
          } as never,
          [],
          [],
        ),
      cancel: (encoder, id) => encoder.cancelScannerSubscription(id),
      take: (name, args) => {
        if (name === 'scannerData') {
          const [, rank, { contract }, distance, benchmark, projection] = scanRowSchema.parse(args);
          found.push({
            rank,
            conId: contract.conId,
            symbol: contract.symbol,
            secType: contract.secType,
            currency: contract.currency,
            distance: distance ?? '',
            benchmark: benchmark ?? '',
            projection: projection ?? '',
          });
        }
        return name === 'scannerDataEnd' ? found : undefined;
      },
      // "No items retrieved" is an answer.
      failed: (code, text) => (code === 165 || /no items/i.test(text) ? [] : undefined),
    });
  }

  parameters(): Promise<string> {
    return this.#session.ask<string>({
      what: 'the scanners',
      priority: 'query',
      lane: 'scanner parameters',
      timeout: 30_000,
      send: (encoder) => encoder.reqScannerParameters(),
      take: (name, args) => (name === 'scannerParameters' ? String(args[0]) : undefined),
    });
  }
}
