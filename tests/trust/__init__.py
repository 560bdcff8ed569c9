"""What was approved is what is applied, and nothing that should stay secret leaves its place."""
