import type { ResearchDimension } from '../../../engine/protocol/research-schemas.ts';
import type { Fold } from './map-model.ts';

/** What the panel shows and how; kept with the workspace. */
export interface ViewState {
  /** Research that is open. */
  readonly open: string | null;
  readonly setup: boolean;
  readonly tab: 'map' | 'slices' | 'rows' | 'findings';
  /** Axes, by the parameters of the sweep they belong to. */
  readonly axes: Readonly<Record<string, { readonly x: string; readonly y: string }>>;
  readonly metric: string;
  readonly fold: Fold;
  readonly clipped: boolean;
  readonly log: boolean;
}

export const INITIAL_VIEW: ViewState = {
  open: null,
  setup: true,
  tab: 'map',
  axes: {},
  metric: '',
  fold: 'best',
  clipped: false,
  log: false,
};

const TABS = ['map', 'slices', 'rows', 'findings'] as const;
const FOLDS = ['best', 'median', 'mean'] as const;

/** Checks what was saved earlier; what cannot be read takes its first value. */
export function parseView(stored: unknown): ViewState | undefined {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const given = stored as Readonly<Record<string, unknown>>;
  const axes: Record<string, { x: string; y: string }> = {};
  for (const [key, value] of Object.entries(given['axes'] ?? {})) {
    const { x, y } = (value ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof x === 'string' && typeof y === 'string') axes[key] = { x, y };
  }
  return {
    open: typeof given['open'] === 'string' ? given['open'] : null,
    setup: given['setup'] !== false,
    tab: TABS.find((tab) => tab === given['tab']) ?? INITIAL_VIEW.tab,
    axes,
    metric: typeof given['metric'] === 'string' ? given['metric'] : '',
    fold: FOLDS.find((fold) => fold === given['fold']) ?? INITIAL_VIEW.fold,
    clipped: given['clipped'] === true,
    log: given['log'] === true,
  };
}

type Dimensions = readonly Pick<ResearchDimension, 'name' | 'count'>[];

/** Sweeps over the same parameters share their axes. */
export function axesKey(dimensions: Dimensions): string {
  return dimensions.map(({ name }) => name).join(' ');
}

/** The axes that were chosen, or the two parameters with the most values; null with fewer than two. */
export function axesOf(
  dimensions: Dimensions,
  chosen: ViewState['axes'],
): { readonly x: string; readonly y: string } | null {
  if (dimensions.length < 2) return null;
  const saved = chosen[axesKey(dimensions)];
  const known = (name: string): boolean => dimensions.some((each) => each.name === name);
  if (saved !== undefined && saved.x !== saved.y && known(saved.x) && known(saved.y)) return saved;
  const [first, second] = dimensions
    .map((each, place) => ({ ...each, place }))
    .toSorted((a, b) => b.count - a.count)
    .slice(0, 2)
    .toSorted((a, b) => a.place - b.place);
  return first === undefined || second === undefined ? null : { x: first.name, y: second.name };
}

/** The axes after one of them was chosen: the other gives way where both would be the same. */
export function withAxis(
  axes: { readonly x: string; readonly y: string },
  side: 'x' | 'y',
  name: string,
): { readonly x: string; readonly y: string } {
  const other = side === 'x' ? 'y' : 'x';
  const swapped = axes[other] === name ? { [other]: axes[side] } : {};
  return { ...axes, ...swapped, [side]: name };
}
