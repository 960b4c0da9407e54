import { manifest as alpaca } from './adapters/alpaca/manifest.ts';
import { manifest as binance } from './adapters/binance/manifest.ts';
import { manifest as interactiveBrokers } from './adapters/interactive-brokers/manifest.ts';
import { manifest as csv } from './adapters/csv/manifest.ts';
import { manifest as polygon } from './adapters/polygon/manifest.ts';
import { manifest as simulated } from './adapters/simulated/manifest.ts';
import { manifest as yahoo } from './adapters/yahoo/manifest.ts';
import type { AdapterManifest } from './net/adapter.ts';

/** Every adapter, in the order in which the window lists them. */
export const MANIFESTS: readonly AdapterManifest[] = [
  simulated,
  interactiveBrokers,
  alpaca,
  binance,
  polygon,
  yahoo,
  csv,
];
