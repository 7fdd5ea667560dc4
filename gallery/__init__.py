"""Every view in a real JupyterLab: what the gallery photographs and tests look at."""
