import type { AdapterManifest } from './net/adapter.ts';
import { manifest as simulated } from './adapters/simulated/manifest.ts';

/** Every adapter, in the order in which the window lists them. */
export const MANIFESTS: readonly AdapterManifest[] = [simulated];
