import { create } from 'zustand';

export const THEMES = ['dark', 'light', 'contrast'] as const;
export type Theme = (typeof THEMES)[number];

export interface Appearance {
  readonly theme: Theme;
  /** Blue and orange in place of green and red. */
  readonly colourBlind: boolean;
}

export const useAppearance = create<Appearance>(() => ({ theme: 'dark', colourBlind: false }));

/** Applies an appearance to the document; panels, charts and grids follow its tokens. */
export function applyAppearance(appearance: Appearance): void {
  const { dataset } = document.documentElement;
  dataset['theme'] = appearance.theme;
  dataset['palette'] = appearance.colourBlind ? 'colour-blind' : 'standard';
  useAppearance.setState(appearance);
}

/** Value of a design token, for canvases that cannot read CSS. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
