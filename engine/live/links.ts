import type { WorkingOrder } from '../backtest/matching/working-order.ts';
import type { OrderType } from '../domain/order.ts';
import { canBecome, type OwnedOrder, type Slot } from './slots.ts';
import type { Wanted } from './types.ts';

/** Exits that a venue, or the workstation for it, keeps together with their entry. */
const KEPT: ReadonlySet<OrderType> = new Set<OrderType>([
  'stop',
  'stop_limit',
  'trailing_stop',
  'limit',
]);

/** Whether an exit can be sent with its entry, so that it stands as soon as that has filled. */
export function goesWith(entry: WorkingOrder, exit: WorkingOrder): boolean {
  return (
    !entry.reduceOnly &&
    !entry.waiting &&
    entry.filled === 0 &&
    exit.reduceOnly &&
    exit.follows &&
    exit.side !== entry.side &&
    exit.timeInForce === 'gtc' &&
    KEPT.has(exit.type)
  );
}

/**
 * Units of a position that exits nearer to the market close before this one: only the nearest of them can
 * be reached first, and all of them together never sell more than there is.
 * @param others orders that work, this one perhaps among them
 */
export function closedBefore(
  exit: WorkingOrder,
  others: readonly WorkingOrder[],
  held: number,
): number {
  const kind = kindOf(exit);
  if (kind === null) return 0;
  let units = 0;
  for (const other of others) {
    if (other === exit || !other.reduceOnly || other.waiting || other.side !== exit.side) continue;
    if (kindOf(other) !== kind || !isNearer(other, exit)) continue;
    const left = other.left();
    // A venue that fills two of a group has filled more of one than was left.
    units += Number.isNaN(left) ? held : Math.max(0, left);
  }
  return units;
}

/** What lies against the position, or in its favour, or leaves at once; null for other orders. */
function kindOf({ type, stops, stopsLimited }: WorkingOrder): 'stop' | 'target' | 'market' | null {
  // One that waits for a price of its instrument is not given twice.
  if (type === 'market') return 'market';
  if (stops || stopsLimited) return 'stop';
  return type === 'limit' || type.endsWith('_if_touched') ? 'target' : null;
}

function isNearer(a: WorkingOrder, b: WorkingOrder): boolean {
  const [one, other] = [levelOf(a), levelOf(b)];
  if (one === other || (Number.isNaN(one) && Number.isNaN(other))) return a.id < b.id;
  // Where a stop that trails stands is not known here: it goes first.
  if (Number.isNaN(one) || Number.isNaN(other)) return Number.isNaN(one);
  return (one > other === (kindOf(a) === 'stop')) !== a.buys;
}

function levelOf({ type, trails, limitPrice, stopPrice }: WorkingOrder): number {
  if (trails) return Number.NaN;
  return type === 'limit' ? limitPrice : stopPrice;
}

/** The stop and the target that are sent with an entry, the stop first; those that do not fit come once it has filled. */
export function sentWith(entry: Wanted, free: readonly Wanted[]): readonly Wanted[] {
  const exits = free.filter(
    ({ waits, entry: of, terms }) => waits && of === entry.slot && terms !== null,
  );
  const stops = exits.filter(({ terms }) => terms?.type !== 'limit');
  const targets = exits.filter(({ terms }) => terms?.type === 'limit');
  const [stop] = stops;
  const [target] = targets;
  if (stops.length > 1 || targets.length > 1) return [];
  const pair = stop === undefined || target === undefined || stop.partner === target.slot;
  return pair ? [...stops, ...targets] : [];
}

/**
 * Which of the orders that were given go on in the place of one that was dropped with them: what hangs
 * together at the venue has to hang together in the same way afterwards.
 * @param open every order that has a place, those that were dropped and given just now among them
 */
export function successors(
  given: readonly OwnedOrder[],
  dropped: readonly Slot[],
  open: readonly OwnedOrder[],
): ReadonlyMap<OwnedOrder, Slot> {
  const taken = new Map<OwnedOrder, Slot>();
  const left = dropped.filter((slot) => slot.dropped && !slot.ended);
  for (const order of given) {
    const at = left.findIndex((slot) => canBecome(slot, order.working));
    const [slot] = at < 0 ? [] : left.splice(at, 1);
    if (slot !== undefined) taken.set(order, slot);
  }
  const placeOf = (order: OwnedOrder): Slot => taken.get(order) ?? order.slot;
  const fits = (next: OwnedOrder, slot: Slot): boolean => {
    const now = slot.order;
    const before = linksOf(now, open, dropped, ({ slot: place }) => place);
    const after = linksOf(next, open, [], placeOf);
    return (
      before.entry === after.entry &&
      before.mates.size === after.mates.size &&
      [...before.mates].every((mate) => after.mates.has(mate)) &&
      // Exits that are sent with their entry protect it better than those that follow it.
      (!after.hasExits || before.hasExits)
    );
  };
  for (;;) {
    const wrong = [...taken].find(([order, slot]) => !fits(order, slot));
    if (wrong === undefined) return taken;
    taken.delete(wrong[0]);
  }
}

interface LinksOf {
  /** The place of the order that it waits for; null where it does not wait. */
  readonly entry: Slot | null;
  /** Places of the other orders of its group. */
  readonly mates: ReadonlySet<Slot>;
  /** Whether orders wait for it. */
  readonly hasExits: boolean;
}

function linksOf(
  { working }: OwnedOrder,
  open: readonly OwnedOrder[],
  dropped: readonly Slot[],
  placeOf: (order: OwnedOrder) => Slot,
): LinksOf {
  const mates = new Set<Slot>();
  let entry: Slot | null = null;
  let hasExits = false;
  for (const other of open) {
    const { id, group, parent, waiting } = other.working;
    if (id === working.id) continue;
    if (working.waiting && id === working.parent) entry = placeOf(other);
    if (!other.working.working && !dropped.includes(other.slot)) continue;
    if (working.group !== 0 && group === working.group) mates.add(placeOf(other));
    if (waiting && parent === working.id) hasExits = true;
  }
  return { entry, mates, hasExits };
}

/** Of a group of two, one takes the other away at the venue as well. */
export function pairUp(open: readonly OwnedOrder[]): void {
  const groups = new Map<number, OwnedOrder[]>();
  for (const order of open) {
    const { group, working } = order.working;
    if (group !== 0 && working) groups.set(group, [...(groups.get(group) ?? []), order]);
  }
  for (const members of groups.values()) {
    const [a, b, third] = members;
    if (a === undefined || b === undefined) continue;
    a.slot.partner = third === undefined ? b.slot : null;
    b.slot.partner = third === undefined ? a.slot : null;
    for (const { slot } of members.slice(2)) slot.partner = null;
  }
}
