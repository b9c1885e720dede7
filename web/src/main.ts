import { mount } from 'svelte';
import App from './App.svelte';
import { startLanguage } from './i18n/index.svelte';
import './style/app.css';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no element #app');
await startLanguage();
mount(App, { target });
