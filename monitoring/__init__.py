"""What watches the workers: Prometheus, Grafana, and what is made for them."""
