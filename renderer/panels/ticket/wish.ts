import type { TicketWish } from '../../client/trading-state.ts';
import { cleared, hasLimit, hasStop, type TicketForm } from './ticket-form.ts';

/** The form with what another panel wants in it; a price goes where the type has one. */
export function wished(form: TicketForm, wish: TicketWish): TicketForm {
  const same = form.instrument === wish.instrument;
  const base = same ? form : { ...cleared(form), instrument: wish.instrument };
  const type = wish.type ?? (wish.price !== undefined && !hasAny(base) ? 'limit' : base.type);
  return {
    ...base,
    type,
    ...(wish.account === undefined ? {} : { account: wish.account }),
    ...(wish.side === undefined ? {} : { side: wish.side }),
    ...(wish.quantity === undefined ? {} : { size: wish.quantity, sizeIn: 'units' as const }),
    ...(wish.price === undefined
      ? {}
      : hasLimit(type)
        ? { limit: wish.price }
        : { stop: wish.price }),
    ...(wish.reduceOnly === undefined
      ? {}
      : {
          reduceOnly: wish.reduceOnly,
          // Exits of an exit would be another order altogether.
          target: { ...base.target, on: false },
          protect: { ...base.protect, on: false },
        }),
    ...(wish.type === 'stop' ? protection(base) : {}),
  };
}

/** A stop for a position has to outlive the day; the next order has nothing to do with that. */
function protection(base: TicketForm): Pick<TicketForm, 'force' | 'aside'> {
  const { side, type, force } = base.aside ?? base;
  return { force: 'gtc', aside: { side, type, force } };
}

const hasAny = ({ type }: TicketForm): boolean => hasLimit(type) || hasStop(type);
