import { Random } from '../../../engine/backtest/random.ts';
import type { ExecutionReport } from '../../../engine/ports/execution-client.ts';
import { bench, closeAll } from '../../stubs/interactive-brokers/bench.ts';
import { cutShort, frame, prefixed } from '../../stubs/interactive-brokers/frames.ts';
import { junkText, pick, turn, type Fuzzed } from './spoil.ts';

type Field = string | number | boolean;

/** Frames of the TWS protocol, spoilt field by field and byte by byte, over a real socket to the adapter. */
export async function fuzzTws(messages: number, seed: number): Promise<Fuzzed> {
  const random = new Random(seed);
  const rig = await bench({ speed: 20 });
  const { stub } = rig;
  try {
    // Sound frames to be spoilt: what an order's life and a start tell.
    const frames: Field[][] = [];
    stub.tamper = (fields) => {
      frames.push([...fields]);
      return fields;
    };
    const intent = rig.intent();
    await rig.execution.submit([intent]);
    stub.fill(stub.order(intent.clientOrderId), 40, 187.2);
    await rig.execution.openOrders(intent.account);
    await rig.execution.fills(intent.account, 0 as never);
    await rig.execution.positions(intent.account);
    await rig.execution.balances(intent.account);
    await rig.market.subscribe({ instrument: intent.instrument, kind: 'quote' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    stub.tamper = null;
    if (frames.length < 10) throw new Error('there is nothing to be spoilt');
    const changing = (): number =>
      stub.received.filter(([kind]) => kind === '3' || kind === '4' || kind === '58').length;
    const sent = changing();
    let taken = 0;
    rig.execution.onReport((_report: ExecutionReport) => {
      taken += 1;
    });
    rig.market.onData((batch) => {
      taken += batch.length;
    });
    const began = performance.now();
    let cuts = 0;
    for (let n = 0; n < messages; n += 1) {
      if (n % 100 === 0) {
        for (let i = 0; i < 4; i += 1) await turn();
        // What is told is looked at as it comes; it need not be kept.
        for (const list of [rig.reports, rig.data, rig.states, rig.gaps, rig.logged])
          list.length = 0;
        if (stub.clients.size === 0) await rig.until(() => stub.clients.size > 0, 'back');
      }
      const fields = [...pick(random, frames)];
      for (let k = 1 + Math.floor(random.uniform() * 3); k > 0; k -= 1) {
        const at = Math.floor(random.uniform() * fields.length);
        const draw = random.uniform();
        if (draw < 0.6) fields[at] = junkText(random).replaceAll('\0', '');
        else if (draw < 0.75) fields.splice(at, 1);
        else if (draw < 0.85) fields.splice(at, 0, junkText(random).replaceAll('\0', ''));
        else fields.length = at + 1;
      }
      const draw = random.uniform();
      if (draw < 0.0001) {
        // A frame that promises more than it holds, and one without end: the connection has to be made anew.
        stub.raw(
          random.uniform() < 0.5 ? cutShort(fields) : Buffer.from([0x7f, 0xff, 0xff, 0xff, 1]),
        );
        cuts += 1;
        stub.cut();
        await rig.until(() => stub.clients.size > 0 && rig.phase === 'ready', 'ready again');
      } else if (draw < 0.02) {
        const bytes = Buffer.from(
          Array.from({ length: 40 }, () => Math.floor(random.uniform() * 256)),
        );
        stub.raw(prefixed(bytes));
      } else {
        stub.raw(frame(fields));
      }
    }
    const seconds = (performance.now() - began) / 1000;
    await new Promise((resolve) => setTimeout(resolve, 200));
    if (changing() !== sent) throw new Error('a message led to a request that changes something');
    if (rig.faults.length > 0)
      throw new Error(
        `${rig.faults.length} reports were wrong: ${rig.faults.slice(0, 3).join('\n')}`,
      );
    // A fresh connection makes everything good again: an order goes out and is reported.
    stub.cut();
    await rig.until(
      () => stub.clients.size > 0 && rig.phase === 'ready',
      `ready after ${cuts} cuts`,
    );
    const last = rig.intent();
    await rig.execution.submit([last]);
    await rig.until(() => rig.last(last) !== undefined, 'an order after it is reported');
    return { border: 'interactive-brokers', messages, taken, seconds };
  } finally {
    await closeAll();
  }
}
