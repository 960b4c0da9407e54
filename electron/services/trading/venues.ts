import { RenataError } from '../../../engine/domain/errors.ts';
import type { AccountId } from '../../../engine/domain/identifiers.ts';
import type { ExecutionClient, VenueAccount } from '../../../engine/ports/execution-client.ts';

export interface KnownAccount extends VenueAccount {
  readonly client: ExecutionClient;
}

/** Which venue has which account. Accounts stay known while their venue is disconnected. */
export class Venues {
  readonly #clients = new Map<string, ExecutionClient>();
  readonly #accounts = new Map<AccountId, KnownAccount>();

  add(client: ExecutionClient): void {
    this.#clients.set(client.venue, client);
  }

  remove(venue: string): void {
    this.#clients.delete(venue);
    for (const [id, { client }] of this.#accounts) {
      if (client.venue === venue) this.#accounts.delete(id);
    }
  }

  clients(): readonly ExecutionClient[] {
    return [...this.#clients.values()];
  }

  client(venue: string): ExecutionClient | undefined {
    return this.#clients.get(venue);
  }

  /** @throws RenataError CONFLICT when another venue has an account of this name */
  setAccounts(client: ExecutionClient, accounts: readonly VenueAccount[]): void {
    for (const account of accounts) {
      const known = this.#accounts.get(account.id);
      if (known !== undefined && known.client.venue !== client.venue) {
        throw new RenataError(
          'CONFLICT',
          `The account ${account.id} is at ${known.client.venue} and at ${client.venue}; disconnect one of them.`,
        );
      }
      this.#accounts.set(account.id, { ...account, client });
    }
  }

  accounts(): readonly KnownAccount[] {
    return [...this.#accounts.values()];
  }

  find(id: AccountId): KnownAccount | undefined {
    return this.#accounts.get(id);
  }

  /** @throws RenataError NOT_FOUND naming the accounts that there are */
  account(id: AccountId): KnownAccount {
    const found = this.#accounts.get(id);
    if (found !== undefined) return found;
    const names = [...this.#accounts.keys()].join(', ');
    throw new RenataError(
      'NOT_FOUND',
      `There is no account ${id}; ${names === '' ? 'connect a venue first' : `there are ${names}`}.`,
      { details: { parameter: 'account' } },
    );
  }
}
