import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import 'dockview-react/dist/styles/dockview.css';
import './theme.css';
import './styles.css';
import { start } from '../client/store.ts';
import { startTrading } from '../client/trading-store.ts';
import { App } from './app.tsx';

start();
startTrading();
const root = document.querySelector('#root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
