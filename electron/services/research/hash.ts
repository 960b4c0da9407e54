import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../engine/report/canonical-json.ts';

/** Equal values have the same; missing numbers are told apart from none. */
export function hashOf(value: unknown): string {
  const plain: unknown = JSON.parse(
    JSON.stringify(value, (_key, each: unknown) =>
      typeof each === 'number' && !Number.isFinite(each) ? String(each) : each,
    ),
  );
  return createHash('sha256').update(canonicalJson(plain)).digest('hex');
}
