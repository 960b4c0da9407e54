import { contextBridge, ipcRenderer } from 'electron';
import { CALL_CHANNEL, EVENT_CHANNEL, type RenataBridge } from '../engine/protocol/bridge.ts';
import type { ServerFrame } from '../engine/protocol/wire.ts';

/** The page gets two functions on two fixed channels and nothing of Electron itself. */
const bridge: RenataBridge = {
  call: (frame) => ipcRenderer.invoke(CALL_CHANNEL, frame) as Promise<ServerFrame>,
  onEvent: (listener) => {
    const forward = (_event: unknown, frame: ServerFrame): void => listener(frame);
    ipcRenderer.on(EVENT_CHANNEL, forward);
    return () => {
      ipcRenderer.off(EVENT_CHANNEL, forward);
    };
  },
};

contextBridge.exposeInMainWorld('renata', bridge);
