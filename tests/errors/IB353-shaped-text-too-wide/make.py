from boxfont import save_boxes

save_boxes("plain.ttf")
