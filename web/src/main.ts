import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';
import { node } from './api/node.svelte';
import { lang } from './i18n/i18n.svelte';
import { startRouting } from './lib/route.svelte';
import { theme } from './lib/theme.svelte';
import { pageOf } from './pages';

theme.apply();
lang.apply();
startRouting((path) => pageOf(path) !== undefined);
node.start();

const target = document.getElementById('app');
if (target) mount(App, { target });
