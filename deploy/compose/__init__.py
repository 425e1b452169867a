"""What docker-compose.yml needs beside the images: the secrets, and the files made from them."""
