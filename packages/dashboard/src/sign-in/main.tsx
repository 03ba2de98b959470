/** The pages that people get in by. */
import '../lib/theme.css';
