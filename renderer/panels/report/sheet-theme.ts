import type { Theme } from '../../components/theme.ts';

/**
 * A tear sheet in the window's own theme: a frame would take the system's light or dark instead. The
 * sheet's style sheet asks for it in one place; printing keeps its own colours.
 */
export function sheetInTheme(html: string, theme: Theme): string {
  const light = theme === 'light';
  const head = html.indexOf('</style>');
  if (head < 0) return html;
  const styles = html
    .slice(0, head)
    .replace('color-scheme:light dark', `color-scheme:${light ? 'light' : 'dark'}`)
    .replaceAll('(prefers-color-scheme:dark)', light ? 'not all' : 'all')
    .replaceAll('(prefers-contrast:more)', theme === 'contrast' ? 'all' : 'not all');
  return styles + html.slice(head);
}
