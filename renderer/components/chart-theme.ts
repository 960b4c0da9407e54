import { ColorType, CrosshairMode, type ChartOptions, type DeepPartial } from 'lightweight-charts';
import { token } from './theme.ts';

/** Options of every chart, read from the design tokens. */
export function chartOptions(): DeepPartial<ChartOptions> {
  const line = token('line');
  return {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: token('panel') },
      textColor: token('muted'),
      fontFamily: getComputedStyle(document.body).fontFamily,
      fontSize: 11,
      attributionLogo: false,
      panes: { separatorColor: line, separatorHoverColor: token('raised'), enableResize: true },
    },
    grid: { vertLines: { color: token('grid') }, horzLines: { color: token('grid') } },
    crosshair: {
      mode: CrosshairMode.Normal,
      vertLine: { color: token('muted'), labelBackgroundColor: token('raised') },
      horzLine: { color: token('muted'), labelBackgroundColor: token('raised') },
    },
    rightPriceScale: { borderColor: line },
    timeScale: { borderColor: line, rightOffset: 4, minBarSpacing: 0.05 },
  };
}
