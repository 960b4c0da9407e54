import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../../engine/domain/errors.ts';
import type { AdapterContext } from '../../net/adapter.ts';

const fileSchema = z.record(z.string(), z.array(z.string().min(1).max(32)));

/**
 * Pairs in which orders were seen. Binance tells trades by pair alone, so that the pairs have to be known
 * also after a restart: they are written down before the first order of a pair is sent.
 */
export class TradedSymbols {
  readonly #folder: string;
  readonly #file: string;
  readonly #log: AdapterContext['log'];
  readonly #accounts = new Map<string, Set<string>>();

  constructor(context: Pick<AdapterContext, 'folder' | 'log'>) {
    this.#folder = context.folder;
    this.#file = join(context.folder, 'traded-pairs.json');
    this.#log = context.log;
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch {
      return;
    }
    try {
      for (const [account, symbols] of Object.entries(fileSchema.parse(JSON.parse(text))))
        this.#accounts.set(account, new Set(symbols));
    } catch {
      this.#log('warn', 'The list of traded pairs cannot be read; it is made anew.');
    }
  }

  of(account: string): readonly string[] {
    return [...(this.#accounts.get(account) ?? [])];
  }

  add(account: string, symbol: string): void {
    const symbols = this.#accounts.get(account) ?? new Set<string>();
    if (symbols.has(symbol)) return;
    symbols.add(symbol);
    this.#accounts.set(account, symbols);
    try {
      mkdirSync(this.#folder, { recursive: true });
      const all = Object.fromEntries([...this.#accounts].map(([name, list]) => [name, [...list]]));
      writeFileSync(`${this.#file}.new`, JSON.stringify(all));
      renameSync(`${this.#file}.new`, this.#file);
    } catch (error) {
      // Known in memory; after a restart the pair is learned from the order that is asked for.
      this.#log('warn', 'The list of traded pairs cannot be written.', {
        problem: messageOf(error),
      });
    }
  }
}
