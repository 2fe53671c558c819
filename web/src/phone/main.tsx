import { render } from 'preact';
import '../shared/style.css';
import './phone.css';
import { PhonePage } from './phone-page.tsx';

render(<PhonePage />, document.getElementById('page')!);
