import { isZero } from '../../../engine/domain/decimal.ts';
import { RESTARTED, type AlgorithmStanding } from './algorithm-records.ts';
import type { Notice } from './notices.ts';

/** What the user has to know at once of an algorithm: that it stands still, or how it has ended. */
export function standingNotice(standing: AlgorithmStanding): Notice | null {
  const { id } = standing;
  const { status, reason, filled, quantity, remainder } = standing.report;
  if (status === 'paused') {
    const text = `${nameOf(standing)}: ${reason} ${filled} of ${quantity} are filled.`;
    return { level: 'warning', title: 'Algorithm paused', text, subject: id };
  }
  if (status !== 'done') return null;
  const all = isZero(remainder);
  return {
    level: all ? 'info' : 'warning',
    title: all ? 'Algorithm filled' : 'Algorithm ended with a remainder',
    text: all
      ? `${nameOf(standing)}: all ${quantity} are filled.`
      : `${nameOf(standing)}: ${remainder} of ${quantity} are not filled. ${reason}`,
    subject: id,
  };
}

/** That an algorithm was under way when Renata ended or slept, and waits for the user. */
export function interruptedNotice(standing: AlgorithmStanding, reason = RESTARTED): Notice {
  const { filled, quantity } = standing.report;
  return {
    level: 'warning',
    title: 'Algorithm paused',
    text: `${nameOf(standing)}: ${reason} ${filled} of ${quantity} are filled. Look at it, then let it go on or stop it.`,
    subject: standing.id,
  };
}

const nameOf = ({ order, instrument }: AlgorithmStanding): string =>
  `${order.method.kind} ${order.side} ${order.quantity} ${instrument}`;
