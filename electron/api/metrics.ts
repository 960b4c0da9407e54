import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { RenataError } from '../../engine/domain/errors.ts';
import type { Live } from '../services/live.ts';
import { addLiveMetrics } from './live-metrics.ts';

/** Sampling step of the delay histogram, ms. It counts towards every sample and is taken off again. */
const RESOLUTION_MS = 10;
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

export interface Metrics {
  readonly contentType: string;
  /** In the text format of Prometheus. */
  text(): Promise<string>;
  request(method: string, route: string, status: number, seconds: number): void;
  close(): void;
}

/** What the workstation tells Prometheus; every figure is read when it is asked for. */
export function createMetrics(live: Live | RenataError, streams: () => number): Metrics {
  const registers = [new Registry()] as const;
  const [registry] = registers;
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const running = live instanceof RenataError ? null : live;

  const loop = new Gauge({
    name: 'renata_event_loop_delay_seconds',
    help: 'Delay of the main thread since the last reading: percentiles, and the longest.',
    labelNames: ['quantile'] as const,
    registers: [...registers],
    collect() {
      const above = (nanoseconds: number): number => {
        const seconds = nanoseconds / 1e9 - RESOLUTION_MS / 1e3;
        return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
      };
      loop.set({ quantile: '0.5' }, above(delay.percentile(50)));
      loop.set({ quantile: '0.99' }, above(delay.percentile(99)));
      loop.set({ quantile: '1' }, delay.count === 0 ? 0 : above(delay.max));
      p99.set(above(delay.percentile(99)));
      delay.reset();
      const now = performance.eventLoopUtilization();
      busy.set(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    },
  });
  let last = performance.eventLoopUtilization();
  const p99 = new Gauge({
    name: 'renata_event_loop_delay_p99_seconds',
    help: '99th percentile since the last reading.',
    registers: [...registers],
  });
  const busy = new Gauge({
    name: 'renata_event_loop_utilization',
    help: 'Part of the time since the last reading in which the main thread was busy, 0 to 1.',
    registers: [...registers],
  });
  gauge('renata_memory_resident_bytes', 'Resident memory of the process.', () =>
    process.memoryUsage.rss(),
  );
  gauge('renata_memory_heap_used_bytes', 'Used heap of the main thread.', () => {
    return process.memoryUsage().heapUsed;
  });
  gauge('renata_trading_available', '1 where orders can be placed here.', () =>
    running === null ? 0 : 1,
  );
  gauge('renata_api_streams', 'Open WebSockets of the API.', streams);
  if (running !== null) {
    addLiveMetrics(running, registry);
    gauge('renata_journal_entries', 'Entries of the journal.', async () => {
      return (await running.journal.head()).sequence;
    });
    const connections = new Gauge({
      name: 'renata_connection',
      help: '1 for the phase that a connection is in.',
      labelNames: ['connection', 'phase'] as const,
      registers: [...registers],
      collect() {
        connections.reset();
        for (const { id, state } of running.connections.list()) {
          connections.set({ connection: id, phase: state.phase }, 1);
        }
      },
    });
  }
  const requests = new Counter({
    name: 'renata_api_requests_total',
    help: 'Requests by route and status.',
    labelNames: ['method', 'route', 'status'] as const,
    registers: [...registers],
  });
  const durations = new Histogram({
    name: 'renata_api_request_seconds',
    help: 'Time from a request to the end of its answer.',
    labelNames: ['method', 'route'] as const,
    buckets: SECONDS,
    registers: [...registers],
  });

  function gauge(name: string, help: string, value: () => number | Promise<number>): void {
    const made: Gauge = new Gauge({
      name,
      help,
      registers: [...registers],
      async collect() {
        made.set(await value());
      },
    });
  }

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    request(method, route, status, seconds) {
      requests.inc({ method, route, status: String(status) });
      durations.observe({ method, route }, seconds);
    },
    close() {
      delay.disable();
      registry.clear();
    },
  };
}
