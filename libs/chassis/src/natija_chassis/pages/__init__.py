"""Pages that people work at: templates, languages, display settings, charts, and the states of data.

A service makes a `Site` of its own templates and catalogues. README.md of this folder says where to change a word, a
color or a page.
"""
