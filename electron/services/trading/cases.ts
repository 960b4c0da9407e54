import { RenataError } from '../../../engine/domain/errors.ts';
import type { AccountId } from '../../../engine/domain/identifiers.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { JournalEntry } from '../../../engine/ports/journal.ts';
import type { ReconciliationCase } from '../../../engine/protocol/live-schemas.ts';
import { entry, type OrderLog } from './order-log.ts';

export type CaseKind = ReconciliationCase['kind'];

export interface CaseDraft {
  readonly kind: CaseKind;
  readonly account: AccountId;
  /** What it is about: an order, a trade, an instrument, a currency. */
  readonly subject: string;
  readonly venueSays: string;
  readonly weSay: string;
  readonly evidence: readonly { readonly time: UnixMillis | null; readonly text: string }[];
  readonly proposals: readonly {
    readonly id: string;
    readonly label: string;
    readonly effect: string;
  }[];
}

/** Differences between venues and us, until somebody has settled them. Each is one case, however often it is seen. */
export class Cases {
  readonly #log: OrderLog;
  readonly #clock: Clock;
  readonly #onChange: (open: number) => void;
  readonly #cases = new Map<string, ReconciliationCase>();

  constructor(
    log: OrderLog,
    clock: Clock,
    entries: readonly JournalEntry[],
    onChange: (open: number) => void,
  ) {
    this.#log = log;
    this.#clock = clock;
    this.#onChange = onChange;
    for (const { kind, body } of entries) {
      if (kind !== 'case') continue;
      const found = JSON.parse(body) as ReconciliationCase;
      this.#cases.set(found.id, found);
    }
  }

  list(open: boolean): readonly ReconciliationCase[] {
    return [...this.#cases.values()]
      .filter(({ closedAt }) => !open || closedAt === null)
      .toSorted((a, b) => b.openedAt - a.openedAt);
  }

  get open(): number {
    return this.list(true).length;
  }

  /** @throws RenataError NOT_FOUND */
  require(id: string): ReconciliationCase {
    const found = this.#cases.get(id);
    if (found === undefined) throw new RenataError('NOT_FOUND', `There is no case ${id}.`);
    return found;
  }

  /** Opens a case, or refreshes what the open one of this kind and subject says. */
  async raise(draft: CaseDraft): Promise<ReconciliationCase> {
    const known = this.list(true).find((each) => this.#isSame(each, draft));
    if (known !== undefined && known.venueSays === draft.venueSays && known.weSay === draft.weSay) {
      return known;
    }
    const now = this.#clock.now();
    return this.#keep({
      id: known?.id ?? `${draft.kind}.${now}.${this.#cases.size + 1}`,
      kind: draft.kind,
      account: draft.account,
      subject: draft.subject,
      openedAt: known?.openedAt ?? now,
      closedAt: null,
      venueSays: draft.venueSays,
      weSay: draft.weSay,
      evidence: [...(known?.evidence ?? []), ...draft.evidence].slice(-20),
      proposals: [...draft.proposals],
      resolution: '',
    });
  }

  /** Closes what is no difference any more. */
  async settle(match: Pick<CaseDraft, 'kind' | 'account' | 'subject'>, how: string): Promise<void> {
    for (const each of this.list(true)) {
      if (this.#isSame(each, match)) await this.close(each.id, how);
    }
  }

  async close(id: string, resolution: string): Promise<void> {
    const found = this.require(id);
    if (found.closedAt !== null) return;
    await this.#keep({ ...found, closedAt: this.#clock.now(), resolution });
  }

  async #keep(changed: ReconciliationCase): Promise<ReconciliationCase> {
    this.#cases.set(changed.id, changed);
    this.#onChange(this.open);
    await this.#log.write([entry('case', changed.id, changed)]);
    return changed;
  }

  #isSame(a: ReconciliationCase, b: Pick<CaseDraft, 'kind' | 'account' | 'subject'>): boolean {
    return a.kind === b.kind && a.account === b.account && a.subject === b.subject;
  }
}
