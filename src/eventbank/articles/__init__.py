"""Reading raw articles: zones of a page, what the page states about itself, and personal data in it."""
