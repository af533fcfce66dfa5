"""The leaderboard, as text, CSV, Markdown, LaTeX, JSON and HTML."""
