import type { IChartApi } from 'lightweight-charts';

/** Pixels left free on both sides, so that no label of the time axis is cut off. */
const EDGE = 18;

/**
 * Shows all that a chart has, and keeps the span that is seen while the panel changes its width. A chart
 * that is made where nothing is shown yet has no width to fit into, and waits for it.
 * @param count places on its time axis
 * @returns the function that ends it
 */
export function showWhole(chart: IChartApi, container: HTMLElement, count: number): () => void {
  chart.timeScale().applyOptions({ lockVisibleTimeRangeOnResize: true });
  let fitted = false;
  const fit = (): void => {
    const scale = chart.timeScale();
    const width = scale.width();
    if (fitted || width <= 2 * EDGE) return;
    fitted = true;
    const edge = (count / (width - 2 * EDGE)) * EDGE;
    scale.setVisibleLogicalRange({ from: -edge, to: count - 1 + edge });
  };
  // The chart takes its new size in an observer of its own, which came first.
  const observer = new ResizeObserver(fit);
  fit();
  observer.observe(container);
  return () => observer.disconnect();
}
