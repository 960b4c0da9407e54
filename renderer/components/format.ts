/** How numbers, dates and sizes are written everywhere in the window. */

const WHOLE = new Intl.NumberFormat('en-US');
const ROUNDED = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const MONEY = new Intl.NumberFormat('en-US', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const NONE = 'n/a';

export function formatCount(value: number): string {
  return WHOLE.format(value);
}

export function formatMoney(value: number): string {
  return Number.isFinite(value) ? MONEY.format(value) : NONE;
}

/** Amounts from this one on are written without decimals where room is short. */
const WHOLE_FROM = 1_000;

/** An amount as short as its size allows. */
export function formatAmount(value: number): string {
  return Math.abs(value) >= WHOLE_FROM ? ROUNDED.format(value) : formatMoney(value);
}

/** A price with two to six decimals, as its size asks for. */
export function formatPrice(value: number): string {
  if (!Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  const digits = size >= 1 || size === 0 ? 2 : Math.min(8, 2 - Math.floor(Math.log10(size)));
  return value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: digits });
}

/** A signed percentage of a fraction: 0.0123 is `+1.23 %`. */
export function formatPercent(fraction: number): string {
  if (!Number.isFinite(fraction)) return NONE;
  return `${fraction > 0 ? '+' : ''}${(fraction * 100).toFixed(2)} %`;
}

export function formatQuantity(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 4 });
}

export function formatDate(time: number): string {
  return Number.isFinite(time) ? new Date(time).toISOString().slice(0, 10) : NONE;
}

/** Date, and the clock where it is not midnight UTC. */
export function formatTime(time: number): string {
  if (!Number.isFinite(time)) return NONE;
  const text = new Date(time).toISOString();
  return text.slice(11, 16) === '00:00' ? text.slice(0, 10) : text.slice(0, 16).replace('T', ' ');
}

/** A stretch of time: in days, below one day in hours or minutes. */
export function formatDays(days: number): string {
  if (days === 0 || days >= 1) return `${formatQuantity(Math.round(days * 10) / 10)} d`;
  const hours = days * 24;
  if (hours >= 1) return `${formatQuantity(Math.round(hours * 10) / 10)} h`;
  return `${formatQuantity(Math.round(hours * 600) / 10)} min`;
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '';
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return `${Math.round(seconds / 60)} min`;
}

/** A statistic by its unit; `n/a` where it is not defined. */
export function formatStatistic(value: number, unit: string): string {
  if (!Number.isFinite(value)) return NONE;
  switch (unit) {
    case 'time':
      return formatTime(value);
    case 'count':
      return formatCount(value);
    case 'days':
      return `${formatCount(Math.round(value * 10) / 10)} d`;
    case 'currency':
      return formatMoney(value);
    case 'percent':
      return value.toFixed(2);
    default:
      return value.toFixed(3);
  }
}
