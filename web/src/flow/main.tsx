import { render } from 'preact';
import '../shared/style.css';
import '../board/board.css';
import './flow.css';
import { FlowPage } from './flow-page.tsx';

render(<FlowPage />, document.getElementById('page')!);
