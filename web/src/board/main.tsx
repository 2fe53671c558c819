import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import '../shared/style.css';
import './board.css';
import { BoardPage } from './board-page.tsx';

render(<BoardPage />, document.getElementById('page')!);
